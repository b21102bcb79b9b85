import type { ISerializer } from '@opentelemetry/otlp-transformer';
import type { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';

import { hrTime, type OtlpSource } from './otlp-source.ts';
import type { Span, SpanKind } from '../../signals/span.ts';

/** What OpenTelemetry's serializers take, as they name it. */
export type ReadableSpan =
  typeof ProtobufTraceSerializer extends ISerializer<infer Request, unknown>
    ? Request extends readonly (infer One)[]
      ? One
      : never
    : never;

// OpenTelemetry's numbers; the wire's are one higher, which its serializer knows.
const kinds: Readonly<Record<SpanKind, number>> = { internal: 0, server: 1, client: 2, producer: 3, consumer: 4 };
const sampled = 1;

export function toReadableSpan(span: Span, source: OtlpSource): ReadableSpan {
  const { traceId, parentSpanId, traceState } = span;
  const context = {
    traceId,
    spanId: span.spanId,
    traceFlags: sampled,
    ...(traceState !== null && { traceState: traceStateOf(traceState) }),
  };
  return {
    ...source,
    name: span.name,
    kind: kinds[span.kind],
    spanContext: () => context,
    ...(parentSpanId !== null && {
      parentSpanContext: { traceId, spanId: parentSpanId, traceFlags: sampled, isRemote: span.parentIsRemote },
    }),
    startTime: hrTime(span.startMs),
    endTime: hrTime(span.endMs),
    duration: hrTime(span.endMs - span.startMs),
    ended: true,
    attributes: span.attributes,
    links: span.links.map((link) => ({
      context: { traceId: link.traceId, spanId: link.spanId, traceFlags: sampled },
      attributes: link.attributes,
    })),
    events: [],
    status:
      span.status.code === 'unset'
        ? { code: 0 }
        : { code: 2, ...(span.status.message !== undefined && { message: span.status.message }) },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** It has been read and checked where it came in; here it is only written again. */
function traceStateOf(text: string) {
  const state = {
    serialize: () => text,
    get: () => undefined,
    set: () => state,
    unset: () => state,
  };
  return state;
}
