import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';

import { systemClock } from '../../shared/clock.ts';
import { type Delivery, delivered } from '../../signals/delivery.ts';
import type { Span } from '../../signals/span.ts';
import { defineSink, type TraceSink } from '../define-sink.ts';
import { readAnswer } from './otlp-response.ts';
import { post, type Posted } from './post.ts';
import { spanSource, toReadableSpan } from './readable-span.ts';

export interface OtlpSinkParts {
  readonly name: string;
  /** With its path. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly encoding: 'protobuf' | 'json';
  readonly compression: 'gzip' | 'none';
  readonly timeoutMs: number;
  readonly resource: Readonly<Record<string, string | number | boolean>>;
}

const compress = promisify(gzip);
const serializers = { protobuf: ProtobufTraceSerializer, json: JsonTraceSerializer } as const;
const contentTypes = { protobuf: 'application/x-protobuf', json: 'application/json' } as const;
/** By which OpenTelemetry's own exporters keep an application's instrumentations away from what they send. */
const unseen = ROOT_CONTEXT.setValue(createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING'), true);

/** Spans to a receiver of OTLP over HTTP: Jaeger, Tempo, Honeycomb, a collector. OpenTelemetry's own code writes them. */
export function makeOtlpSink(parts: OtlpSinkParts): TraceSink {
  const source = spanSource(parts.resource);
  return defineSink({
    name: parts.name,
    async traces(spans, { signal }) {
      if (signal.aborted) return { kind: 'retryable', reason: 'nobody waits any longer' };
      if (spans.length === 0) return delivered;
      const body = serializers[parts.encoding].serializeRequest(spans.map((span) => toReadableSpan(span, source)));
      if (body === undefined) return { kind: 'rejected', reason: 'the spans cannot be written as OTLP' };
      return send(parts, body, spans, signal);
    },
  });
}

async function send(
  parts: OtlpSinkParts,
  plain: Uint8Array,
  spans: readonly Span[],
  patience: AbortSignal,
): Promise<Delivery> {
  const { headers, encoding, compression, timeoutMs } = parts;
  const url = new URL(parts.url);
  const zipped = compression === 'gzip';
  const body = zipped ? await compress(plain) : plain;
  const ownHeaders = { 'content-type': contentTypes[encoding], ...(zipped && { 'content-encoding': 'gzip' }) };
  try {
    const answer = await context.with(unseen, () =>
      post({ url, headers: { ...headers, ...ownHeaders }, body, timeoutMs, signal: patience }),
    );
    const delivery = readAnswer(answer.status, answer.retryAfter, systemClock.now());
    return delivery.kind === 'delivered' ? partly(answer, encoding, spans.length) : delivery;
  } catch (error) {
    return { kind: 'retryable', reason: `the receiver cannot be reached (${reasonOf(error)})` };
  }
}

/** A receiver may take a part and refuse the rest for good; it must not be sent again. */
function partly({ body }: Posted, encoding: OtlpSinkParts['encoding'], sent: number): Delivery {
  if (body.byteLength === 0) return delivered;
  let refused = 0;
  try {
    refused = serializers[encoding].deserializeResponse(body).partialSuccess?.rejectedSpans ?? 0;
  } catch {
    // An answer of 200 says that it was taken, whatever stands in it: many receivers answer with a text.
    return delivered;
  }
  if (!(refused > 0)) return delivered;
  return { kind: 'rejected', reason: `the receiver refused ${refused} of ${sent}`, count: Math.min(refused, sent) };
}

/** The code alone: a message may hold the address, and the address a key. */
function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'no answer';
}
