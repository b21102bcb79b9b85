import { resolve } from 'node:path';

import { z } from 'zod';

import type { DeepReadonly } from '../shared/json.ts';

export interface LoggingInput {
  /** One line per recorded fact. Default false. */
  readonly enabled?: boolean;
  /** Lines below it are left out. Default `info`. */
  readonly level?: 'debug' | 'info' | 'warn' | 'error';
  /** Default `json`: one object a line. */
  readonly format?: 'json' | 'pretty_json' | 'logfmt';
  /** Default standard output. A file is appended to; relative to the configuration file. */
  readonly destination?: 'stdout' | { readonly file: string };
  /** Keys that have one of these in them are masked, at every depth. Default: Rails's list. */
  readonly filterParameters?: readonly string[];
  /** Default `[FILTERED]`. */
  readonly filterMask?: string;
  /** Names or patterns of events that are not logged: `step.*`. Default none. */
  readonly filteredEvents?: readonly string[];
  /**
   * What a task or step is called in types: `{ 'shop.monitored_checkout': 'checkout' }` makes
   * `business.checkout.completed`. Default: a task's name, and of a step the system it depends on.
   */
  readonly words?: Readonly<Record<string, string>>;
  /** In every line. Default `tasker`. */
  readonly service?: string;
}

/** What Rails hides: a key that has any of these in it, whatever its case. */
const railsFilter = [
  'passw',
  'email',
  'secret',
  'token',
  '_key',
  'crypt',
  'salt',
  'certificate',
  'otp',
  'ssn',
] as const;

export const loggingSchema = z.strictObject({
  enabled: z.boolean().default(false),
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  format: z.enum(['json', 'pretty_json', 'logfmt']).default('json'),
  destination: z.union([z.literal('stdout'), z.strictObject({ file: z.string().min(1) })]).default('stdout'),
  filterParameters: z.array(z.string().min(1)).default([...railsFilter]),
  filterMask: z.string().max(64).default('[FILTERED]'),
  filteredEvents: z.array(z.string().min(1)).default([]),
  words: z
    .record(
      z.string(),
      z.string().regex(/^[a-z0-9_]+(\.[a-z0-9_]+)*$/, 'expected lower-case words, with dots between them'),
    )
    .default({}),
  service: z.string().min(1).max(128).default('tasker'),
});

export type ResolvedLogging = DeepReadonly<z.infer<typeof loggingSchema>>;

export function resolveLogging(given: z.infer<typeof loggingSchema>, baseDir: string): ResolvedLogging {
  const { destination } = given;
  return destination === 'stdout' ? given : { ...given, destination: { file: resolve(baseDir, destination.file) } };
}
