import type { Context, ContextAPI, TraceAPI, TraceState } from '@opentelemetry/api';

import type { ActiveSpan, InSpan } from './execution/attempt-trace.ts';

/** As much of `@opentelemetry/api` as is needed; of whichever 1.x the application has. */
export interface OtelApi {
  readonly context: Pick<ContextAPI, 'with'>;
  readonly trace: Pick<TraceAPI, 'setSpanContext'>;
  readonly ROOT_CONTEXT: Context;
  readonly createTraceState: (text: string) => TraceState;
}

export const withoutOtel: InSpan = (_span, call) => call();

/** The application's OpenTelemetry, if it has it: whether it is set up, and by whom, is the application's business. */
export async function loadOtelApi(): Promise<OtelApi | null> {
  try {
    return await import('@opentelemetry/api');
  } catch {
    return null;
  }
}

/**
 * Makes a span the active one in the application's own context manager, so that whatever it instruments makes children
 * of it. Nothing is registered, and no context that happens to be active is taken over: an attempt may begin in the
 * middle of somebody else's request.
 */
export function inOtelSpan(api: OtelApi | null): InSpan {
  if (api === null) return withoutOtel;
  return (span, call) => {
    let called = false;
    try {
      return api.context.with(contextOf(api, span), () => {
        called = true;
        return call();
      });
    } catch (error) {
      // Telemetry that is broken must not keep a handler from being called.
      if (called) throw error;
      return call();
    }
  };
}

function contextOf({ trace, ROOT_CONTEXT, createTraceState }: OtelApi, span: ActiveSpan | null): Context {
  if (span === null) return ROOT_CONTEXT;
  const { traceId, spanId, sampled, remote, tracestate } = span;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: sampled ? 1 : 0,
    isRemote: remote,
    ...(tracestate !== null && { traceState: createTraceState(tracestate) }),
  });
}
