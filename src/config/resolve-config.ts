import { resolve } from 'node:path';

import { z } from 'zod';

import { TaskerError } from '../shared/errors.ts';
import { deepFreeze } from '../shared/json.ts';
import { nearestName } from '../tasks/nearest-name.ts';
import { alertsKeys, alertsSchema, type ResolvedAlerts, resolveAlerts } from './alerts.ts';
import type { TaskerConfigInput } from './define-config.ts';
import { type ResolvedTracing, resolveTracing } from './telemetry-tracing.ts';
import { type ResolvedStorage, resolveStorage, storageSchema } from './storage.ts';
import { insteadOf } from './tasker-telemetry-keys.ts';
import { type ResolvedLogging, resolveLogging } from './telemetry-logging.ts';
import {
  operationsSchema,
  type ResolvedMetrics,
  type ResolvedOperations,
  resolveMetrics,
  resolveOperations,
  telemetryKeys,
  telemetrySchema,
} from './telemetry.ts';

const count = (byDefault: number, max = 1_000_000) => z.number().int().min(1).max(max).default(byDefault);
const waitMs = (byDefault: number) => z.number().min(0).max(86_400_000).default(byDefault);

const limitsSchema = z.strictObject({
  stepsPerTask: count(12),
  stepsPerProcess: count(100),
  stepsPerNamespace: z.record(z.string(), count(1)).default({}),
  stepsPerDependentSystem: z.record(z.string(), count(1)).default({}),
  tasksInMemory: count(1000),
  abandonedHandlers: z.number().int().min(0).max(1_000_000).default(50),
  contextBytes: count(262_144, 64 * 1024 * 1024),
  resultBytes: count(1_048_576, 64 * 1024 * 1024),
  stopGraceMs: waitMs(10_000),
  releaseAfterMs: waitMs(5000),
  unresponsiveMs: z
    .number()
    .max(3_600_000)
    .refine((ms) => ms === 0 || ms >= 20, 'expected 0, which turns the watchdog off, or at least 20')
    .default(1000),
});

// Handlers, tasks, subscribers and sinks hold functions: they are checked where they are registered.
const configSchema = z.strictObject({
  environment: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'expected 1 to 64 of A-Z a-z 0-9 _ -')
    .optional(),
  storage: storageSchema.default({ kind: 'sqlite', file: '.tasker/tasker.db' }),
  namespaces: z.array(z.string().min(1).max(64)).min(1).optional(),
  observers: z.boolean().default(true),
  templates: z.array(z.string().min(1)).default([]),
  retention: z
    .union([z.literal(false), z.strictObject({ days: z.number().positive().max(36_500) })])
    .default({ days: 30 }),
  limits: limitsSchema.default(limitsSchema.parse({})),
  telemetry: telemetrySchema.default(telemetrySchema.parse({})),
  operations: operationsSchema.optional(),
  alerts: alertsSchema.optional(),
  strict: z.boolean().default(false),
  handlers: z.record(z.string(), z.unknown()).default({}),
  tasks: z.array(z.unknown()).default([]),
  subscribers: z.array(z.unknown()).default([]),
  subscriptions: z.array(z.string().min(1)).default([]),
  subscriberClasses: z.record(z.string(), z.unknown()).default({}),
  sinks: z.array(z.unknown()).default([]),
});

export type ResolvedLimits = Readonly<z.infer<typeof limitsSchema>>;

/** What is in force: checked, defaults filled in, paths absolute, frozen. Only this travels inward. */
export interface ResolvedConfig {
  readonly environment: string;
  readonly storage: ResolvedStorage;
  /** null: of all. */
  readonly namespaces: readonly string[] | null;
  readonly observers: boolean;
  /** Absolute paths. */
  readonly templates: readonly string[];
  /** Absolute paths. */
  readonly subscriptions: readonly string[];
  /** Milliseconds; null: for ever. */
  readonly retentionMs: number | null;
  readonly limits: ResolvedLimits;
  readonly telemetry: {
    readonly logging: ResolvedLogging;
    readonly metrics: ResolvedMetrics;
    readonly tracing: ResolvedTracing;
  };
  readonly alerts: ResolvedAlerts;
  /** null: there is none. */
  readonly operations: ResolvedOperations | null;
  readonly strict: boolean;
}

export interface ConfigSurroundings {
  /** What relative paths are relative to. */
  readonly baseDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For messages: where the configuration was written. */
  readonly source?: string;
}

/** @throws TaskerError `TASKER_CONFIG_INVALID`, listing every problem with its path. */
export function resolveConfig(input: TaskerConfigInput, around: ConfigSurroundings): ResolvedConfig {
  const parsed = configSchema.safeParse(input);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(describeIssue);
    throw new TaskerError(
      'TASKER_CONFIG_INVALID',
      `${around.source ?? 'The configuration'} is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
      { details: { problems } },
    );
  }
  const {
    environment,
    storage,
    namespaces,
    observers,
    templates,
    subscriptions,
    retention,
    limits,
    strict,
    telemetry,
    operations,
    alerts,
    sinks,
  } = parsed.data;
  return deepFreeze<ResolvedConfig>({
    environment: environment ?? environmentFrom(around),
    storage: resolveStorage(storage, around.baseDir),
    namespaces: namespaces ?? null,
    observers,
    templates: templates.map((file) => resolve(around.baseDir, file)),
    subscriptions: subscriptions.map((file) => resolve(around.baseDir, file)),
    retentionMs: retention === false ? null : retention.days * 86_400_000,
    limits,
    telemetry: {
      logging: resolveLogging(telemetry.logging, around.baseDir),
      metrics: resolveMetrics(telemetry.metrics, operations !== undefined || sinks.some(takesMetrics)),
      tracing: resolveTracing(telemetry.tracing),
    },
    alerts: resolveAlerts(alerts),
    operations: operations === undefined ? null : resolveOperations(operations, around.baseDir),
    strict,
  });
}

function takesMetrics(sink: unknown): boolean {
  return typeof sink === 'object' && sink !== null && 'metrics' in sink && sink.metrics !== undefined;
}

function environmentFrom(around: ConfigSurroundings): string {
  const named = around.env['TASKER_ENV'];
  if (named === undefined || named === '') return 'development';
  const checked = configSchema.shape.environment.safeParse(named);
  if (checked.success) return named;
  throw new TaskerError(
    'TASKER_CONFIG_INVALID',
    `TASKER_ENV: expected 1 to 64 of A-Z a-z 0-9 _ -, got ${JSON.stringify(named)}`,
  );
}

const knownKeys = [
  ...Object.keys(configSchema.shape),
  ...Object.keys(limitsSchema.shape),
  ...telemetryKeys,
  ...alertsKeys,
  'file',
  'maxBytes',
  'kind',
];

function describeIssue(issue: z.core.$ZodIssue): string {
  const where = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  if (issue.code !== 'unrecognized_keys') return `${where}${issue.message}`;
  const named = issue.keys.map((key) => {
    const instead = issue.path[0] === 'telemetry' ? insteadOf(key) : null;
    if (instead !== null) return `'${key}', which Tasker had: ${instead}`;
    const near = nearestName(key, knownKeys);
    return near === undefined ? `'${key}'` : `'${key}' (did you mean '${near}'?)`;
  });
  return `${where}unknown key ${named.join(', ')}`;
}
