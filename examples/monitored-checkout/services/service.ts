import { createHash } from 'node:crypto';
import type { ServiceName } from '../service-urls.ts';

export type RequestBody = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a service does; that it is done once per idempotency key is not its concern. */
export interface ServiceDefinition {
  readonly name: ServiceName;
  /** The one path that has an effect, such as `/charges`. */
  readonly path: string;
  /** Latency when nothing else is said, in milliseconds. */
  readonly usualLatencyMs: number;
  /** Done at once and as a whole. An answer of 2xx says that there is an effect, any other that there is none. */
  perform(body: RequestBody, key: string): Answer;
}

export interface ServiceStats {
  readonly name: ServiceName;
  /** Calls of the path that has an effect. */
  readonly requests: number;
  /** Calls that made their effect. */
  readonly accepted: number;
  /** Calls whose key had been seen; they got the first one's answer. */
  readonly duplicates: number;
  /** Calls refused for a reason of business or form. */
  readonly refused: number;
  /** Calls that failed by the fault switch. */
  readonly failed: number;
  /** Calls that hung by the fault switch, and those that still do. */
  readonly hung: number;
  readonly hanging: number;
  readonly effects: EffectCounts;
}

/** Counted where the effect is made, apart from what recognises duplicates: so that it can prove that wrong. */
export interface EffectCounts {
  readonly total: number;
  readonly keys: number;
  readonly maxPerKey: number;
  /** By the cart instead of the key: also sees one order under two keys. */
  readonly maxPerCart: number;
}

export function refuse(status: number, code: string, message: string): Answer {
  return { status, body: { code, message } };
}

/** Follows from the key, so that a run can be repeated. */
export function idFor(prefix: string, key: string): string {
  return `${prefix}_${createHash('sha256').update(`${prefix}:${key}`).digest('hex').slice(0, 20)}`;
}
