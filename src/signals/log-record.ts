import type { DeepReadonly, JsonObject } from '../shared/json.ts';

/** OpenTelemetry's severity numbers, the first of each range. */
export const severityNumbers = { debug: 5, info: 9, warn: 13, error: 17 } as const;

export type LogSeverity = keyof typeof severityNumbers;

/**
 * One thing to log, after OpenTelemetry's log data model. Plain JSON. There is no observed timestamp: a record
 * that is delivered twice is the same record.
 */
export interface LogRecord {
  /** Milliseconds since the Unix epoch: when it happened. */
  readonly timestampMs: number;
  readonly severity: LogSeverity;
  /** What kind of thing it is; one name, one meaning. */
  readonly eventName: string;
  /** One sentence for people. */
  readonly body: string;
  /** W3C Trace Context; null for what belongs to no trace. */
  readonly traceId: string | null;
  readonly spanId: string | null;
  /** The particulars, under names of OpenTelemetry's form: `tasker.task.id`. */
  readonly attributes: DeepReadonly<JsonObject>;
}
