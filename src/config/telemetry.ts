import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { z } from 'zod';

import { type LoggingInput, loggingSchema } from './telemetry-logging.ts';
import { errorMessage, TaskerError } from '../shared/errors.ts';
import { type TracingInput, tracingSchema } from './telemetry-tracing.ts';

/** A secret is named, never written: where it stands, nothing that prints the configuration can tell it. */
export type SecretInput = { readonly env: string } | { readonly file: string };

/** A prom-client registry of the application's own. */
export interface MetricsRegistry {
  getMetricsAsJSON(): Promise<readonly object[]>;
}

export interface MetricsInput {
  /** Default: whether there is an operations listener to read them from. */
  readonly enabled?: boolean;
  /** Of the error ratio and the averages, seconds. Default 300. */
  readonly windowSeconds?: number;
  /** Most series of one metric; what is beyond goes into one series for all. Default 2000. */
  readonly seriesLimit?: number;
  /** ISO 4217, of values whose context names none. Default `USD`. */
  readonly defaultCurrency?: string;
  /** By error class: types or codes of errors that belong to it. */
  readonly errorClasses?: Readonly<Record<string, readonly string[]>>;
  /** Shown at `/metrics` too. */
  readonly registries?: readonly MetricsRegistry[];
}

export interface TelemetryInput {
  readonly logging?: LoggingInput;
  readonly metrics?: MetricsInput;
  readonly tracing?: TracingInput;
}

export interface OperationsInput {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0: any that is free. Default 9464. */
  readonly port?: number;
  /** Asked for at `/metrics`. */
  readonly bearerToken?: SecretInput;
}

const secretSchema = z.union([z.strictObject({ env: z.string().min(1) }), z.strictObject({ file: z.string().min(1) })]);

const metricsSchema = z.strictObject({
  enabled: z.boolean().optional(),
  windowSeconds: z.number().min(1).max(86_400).default(300),
  seriesLimit: z.number().int().min(1).max(100_000).default(2000),
  defaultCurrency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'expected a currency of ISO 4217, such as USD')
    .default('USD'),
  errorClasses: z.record(z.string().regex(/^[a-z][a-z0-9_]*$/), z.array(z.string().min(1))).default({}),
  registries: z
    .array(
      z.custom<MetricsRegistry>(
        (value) => typeof value === 'object' && value !== null && 'getMetricsAsJSON' in value,
        'expected a registry of prom-client',
      ),
    )
    .default([]),
});

export const telemetrySchema = z.strictObject({
  logging: loggingSchema.default(loggingSchema.parse({})),
  metrics: metricsSchema.default(metricsSchema.parse({})),
  tracing: tracingSchema.default(tracingSchema.parse({})),
});

export const operationsSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  port: z.number().int().min(0).max(65_535).default(9464),
  bearerToken: secretSchema.optional(),
});

/** For the nearest right one to a key that is not known. */
export const telemetryKeys: readonly string[] = [
  telemetrySchema,
  metricsSchema,
  loggingSchema,
  tracingSchema,
  operationsSchema,
].flatMap(({ shape }) => Object.keys(shape));

export interface ResolvedMetrics {
  readonly enabled: boolean;
  readonly windowMs: number;
  readonly seriesLimit: number;
  readonly defaultCurrency: string;
  readonly errorClasses: Readonly<Record<string, readonly string[]>>;
}

export interface ResolvedOperations {
  readonly host: string;
  readonly port: number;
  /** Where the token stands; null: nobody is asked. */
  readonly bearerToken: SecretInput | null;
}

export function resolveMetrics(
  { enabled, windowSeconds, seriesLimit, defaultCurrency, errorClasses }: z.infer<typeof metricsSchema>,
  isWanted: boolean,
): ResolvedMetrics {
  const windowMs = windowSeconds * 1000;
  return { enabled: enabled ?? isWanted, windowMs, seriesLimit, defaultCurrency, errorClasses };
}

export function resolveOperations(given: z.infer<typeof operationsSchema>, baseDir: string): ResolvedOperations {
  const { bearerToken: token } = given;
  if (token === undefined) return { ...given, bearerToken: null };
  return { ...given, bearerToken: 'file' in token ? { file: resolve(baseDir, token.file) } : token };
}

/** @throws TaskerError `TASKER_CONFIG_INVALID`, saying where nothing was found. */
export function readSecret(
  what: string,
  secret: SecretInput,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const found = 'env' in secret ? (env[secret.env] ?? '') : readFile(what, secret.file);
  if (found.trim() !== '') return found.trim();
  const where = 'env' in secret ? `the environment variable ${secret.env}` : secret.file;
  throw new TaskerError('TASKER_CONFIG_INVALID', `${what}: expected a secret in ${where}, found nothing`);
}

function readFile(what: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new TaskerError('TASKER_CONFIG_INVALID', `${what}: cannot be read from ${file}: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}
