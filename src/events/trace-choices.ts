import { derivedId } from '../shared/ids.ts';

/**
 * How a task is traced: decided once, when it is created, and told with each of its events. What is not there is the
 * rule, which costs no byte: sampled, in one trace, from a caller without a trace state.
 */
export interface TraceChoices {
  readonly sampled?: false;
  /** Each attempt is a trace of its own, linked to the task's. */
  readonly linked?: true;
  /** The caller's W3C trace state. */
  readonly state?: string;
}

/** What the span of an attempt is derived from. Spans of attempts that nobody remembers any more can be named with it. */
export interface AttemptOf {
  readonly traceId: string;
  readonly rootSpanId: string;
  readonly linked: boolean;
  readonly step: string;
  readonly attempt: number;
}

/**
 * The same whoever asks and whenever: a lost attempt's span finds the children that were exported before the crash, and
 * a retry names the attempt before it without looking for it.
 */
export function attemptSpan({ traceId, rootSpanId, linked, step, attempt }: AttemptOf): {
  readonly traceId: string;
  readonly spanId: string;
} {
  return {
    traceId: linked ? derivedId(`trace ${rootSpanId} ${attempt} ${step}`, 16) : traceId,
    spanId: attemptSpanId(rootSpanId, step, attempt),
  };
}

export function attemptSpanId(rootSpanId: string, step: string, attempt: number): string {
  return derivedId(`attempt ${rootSpanId} ${attempt} ${step}`, 8);
}
