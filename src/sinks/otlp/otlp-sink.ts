import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import {
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';

import { systemClock } from '../../shared/clock.ts';
import { type Delivery, delivered, nobodyWaits } from '../../signals/delivery.ts';
import { defineSink, type TraceSink } from '../define-sink.ts';
import { failureCode, post, type Posted } from '../http/post.ts';
import { readAnswer } from './otlp-response.ts';
import { toResourceMetrics } from './metric-data.ts';
import { otlpSource } from './otlp-source.ts';
import { toReadableSpan } from './readable-span.ts';

/** Where signals of one kind go, and how. */
interface Destination {
  /** With its path. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly encoding: 'protobuf' | 'json';
  readonly compression: 'gzip' | 'none';
  readonly timeoutMs: number;
}

export interface OtlpSinkParts extends Destination {
  readonly name: string;
  /** Null: none are sent. */
  readonly metrics: (Destination & { readonly everyMs: number }) | null;
  readonly resource: Readonly<Record<string, string | number | boolean>>;
}

const compress = promisify(gzip);
const serializers = {
  traces: { protobuf: ProtobufTraceSerializer, json: JsonTraceSerializer },
  metrics: { protobuf: ProtobufMetricsSerializer, json: JsonMetricsSerializer },
} as const;
const contentTypes = { protobuf: 'application/x-protobuf', json: 'application/json' } as const;
/** By which OpenTelemetry's own exporters keep an application's instrumentations away from what they send. */
const unseen = ROOT_CONTEXT.setValue(createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING'), true);

/** To a receiver of OTLP over HTTP: Jaeger, Tempo, Honeycomb, a collector. OpenTelemetry's own code writes it. */
export function makeOtlpSink(parts: OtlpSinkParts): TraceSink {
  const source = otlpSource(parts.resource);
  const { name, encoding, metrics } = parts;
  const traces: TraceSink['traces'] = async (spans, { signal }) => {
    if (signal.aborted) return nobodyWaits;
    if (spans.length === 0) return delivered;
    const body = serializers.traces[encoding].serializeRequest(spans.map((span) => toReadableSpan(span, source)));
    if (body === undefined) return { kind: 'rejected', reason: 'the spans cannot be written as OTLP' };
    const refused = (answer: Uint8Array): number =>
      serializers.traces[encoding].deserializeResponse(answer).partialSuccess?.rejectedSpans ?? 0;
    return send(parts, { body, refused, count: spans.length }, signal);
  };
  if (metrics === null) return defineSink({ name, traces });
  return defineSink({
    name,
    traces,
    metricsEveryMs: metrics.everyMs,
    async metrics(families, { signal }) {
      if (signal.aborted) return nobodyWaits;
      const body = serializers.metrics[metrics.encoding].serializeRequest(
        toResourceMetrics(families, source, systemClock.now()),
      );
      if (body === undefined) return { kind: 'rejected', reason: 'the metrics cannot be written as OTLP' };
      const refused = (answer: Uint8Array): number =>
        serializers.metrics[metrics.encoding].deserializeResponse(answer).partialSuccess?.rejectedDataPoints ?? 0;
      return send(metrics, { body, refused, count: families.length }, signal);
    },
  });
}

interface Sent {
  readonly body: Uint8Array;
  readonly count: number;
  /** Of an answer: how many the receiver did not take. */
  readonly refused: (answer: Uint8Array) => number;
}

async function send(to: Destination, sent: Sent, patience: AbortSignal): Promise<Delivery> {
  const { encoding, compression, timeoutMs } = to;
  const zipped = compression === 'gzip';
  const body = zipped ? await compress(sent.body) : sent.body;
  const ownHeaders = { 'content-type': contentTypes[encoding], ...(zipped && { 'content-encoding': 'gzip' }) };
  try {
    const answer = await context.with(unseen, () =>
      post({
        url: new URL(to.url),
        headers: { ...to.headers, ...ownHeaders },
        body,
        timeoutMs,
        clock: systemClock,
        signal: patience,
      }),
    );
    const delivery = readAnswer(answer.status, answer.retryAfter, systemClock.now());
    return delivery.kind === 'delivered' ? partly(answer, sent) : delivery;
  } catch (error) {
    return { kind: 'retryable', reason: `the receiver cannot be reached (${failureCode(error)})` };
  }
}

/** A receiver may take a part and refuse the rest for good; it must not be sent again. */
function partly({ body }: Posted, { refused: read, count }: Sent): Delivery {
  if (body.byteLength === 0) return delivered;
  let refused = 0;
  try {
    refused = read(body);
  } catch {
    // An answer of 200 says that it was taken, whatever stands in it: many receivers answer with a text.
    return delivered;
  }
  if (!(refused > 0)) return delivered;
  return { kind: 'rejected', reason: `the receiver refused ${refused} of ${count}`, count: Math.min(refused, count) };
}
