import { attemptSpan } from '../events/trace-choices.ts';
import type { LoadedTask } from './loaded-task.ts';
import { formatTraceparent } from './trace-context.ts';

/** A span as those see it who make children of it. */
export interface ActiveSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
  /** Made by somebody else, elsewhere. */
  readonly remote: boolean;
  readonly tracestate: string | null;
}

/**
 * Calls with this span as the active one, for whatever instruments what is called; null: with none. Whoever implements
 * it calls exactly once, whatever fails around the call, and throws nothing but what the call throws.
 */
export type InSpan = <T>(span: ActiveSpan | null, call: () => T) => T;

/** Without tracing: the caller's span, which nothing comes between. */
export function attemptTrace(
  { row, request }: LoadedTask,
  enabled: boolean,
  { step, attempt }: { readonly step: string; readonly attempt: number },
): ActiveSpan | null {
  const { tracestate, trace } = request;
  if (!enabled) {
    const { traceId, parentSpanId } = row;
    return parentSpanId === null
      ? null
      : { traceId, spanId: parentSpanId, sampled: request.sampled, remote: true, tracestate };
  }
  const { traceId, rootSpanId } = row;
  const span = attemptSpan({ traceId, rootSpanId, linked: trace?.linked === true, step, attempt });
  return { ...span, sampled: trace?.sampled !== false, remote: false, tracestate };
}

export function traceparentOf(span: ActiveSpan | null): string | null {
  return span === null ? null : formatTraceparent(span);
}
