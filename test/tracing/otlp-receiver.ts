import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { gunzipSync } from 'node:zlib';

import protobuf from 'protobufjs';

/** A span as OpenTelemetry's published definitions read it; ids as hexadecimal. */
export interface ReceivedSpan {
  readonly service: string;
  readonly scope: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  readonly kind: string;
  readonly startNanos: bigint;
  readonly endNanos: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string; readonly attributes: object }[];
  readonly error: boolean;
  readonly message: string;
}

export interface ReceivedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly path: string;
  readonly spans: readonly ReceivedSpan[];
}

/** What the receiver answers; nothing: 200. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

export interface OtlpReceiver {
  /** Without a path. */
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** Of all requests that were answered with 200, in order; what came again as it was, once. */
  readonly spans: readonly ReceivedSpan[];
  answer: (request: ReceivedRequest) => Answer | Promise<Answer>;
  /** Resolves once so many spans are here. */
  received(count: number): Promise<void>;
  close(): Promise<void>;
}

const protos = join(
  dirname(createRequire(import.meta.url).resolve('@opentelemetry/exporter-collector-proto/package.json')),
  'build/protos',
);
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => join(protos, target);
root.loadSync('opentelemetry/proto/collector/trace/v1/trace_service.proto');
const exportRequest = root.lookupType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');

/** A receiver of OTLP over HTTP that shares no code with whoever sends: the published definitions and protobufjs. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const requests: ReceivedRequest[] = [];
  const spans: ReceivedSpan[] = [];
  const waiting = new Set<() => void>();
  const seen = new Set<string>();
  // A delivery may come twice, after a crash: then it is the same to the last nanosecond.
  const isNew = (span: ReceivedSpan): boolean => {
    const text = inspect(span, { depth: null });
    return !seen.has(text) && seen.add(text).size > 0;
  };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    const answer = async (): Promise<void> => {
      const sent = Buffer.concat(parts);
      const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
      const isJson = request.headers['content-type'] === 'application/json';
      const read = isJson ? spansOf(JSON.parse(plain.toString()) as Sent) : spansOf(decode(plain));
      const received = { headers: request.headers, path: request.url ?? '', spans: read };
      requests.push(received);
      const { status = 200, headers = {}, body = '' } = await receiver.answer(received);
      if (status === 200) spans.push(...read.filter(isNew));
      for (const look of waiting) look();
      response.writeHead(status, headers).end(body);
    };
    request.on('end', () => void answer());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const receiver: OtlpReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    spans,
    answer: () => ({}),
    received: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (spans.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}

interface Value {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values?: readonly Value[] };
}
type Pairs = readonly { readonly key: string; readonly value: Value }[];
interface Sent {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: Pairs };
    readonly scopeSpans?: readonly SentScope[];
    /** Before it was renamed; the same field on the wire. */
    readonly instrumentationLibrarySpans?: readonly SentScope[];
  }[];
}
interface SentScope {
  readonly scope?: { readonly name?: string };
  readonly instrumentationLibrary?: { readonly name?: string };
  readonly spans?: readonly SentSpan[];
}
interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  readonly kind?: string | number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: Pairs;
  readonly links?: readonly { readonly traceId: string; readonly spanId: string; readonly attributes?: Pairs }[];
  readonly status?: { readonly code?: string | number; readonly message?: string };
}

function decode(bytes: Uint8Array): Sent {
  const options = { longs: String, enums: String, bytes: String };
  return exportRequest.toObject(exportRequest.decode(bytes), options);
}

function spansOf({ resourceSpans = [] }: Sent): readonly ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans, instrumentationLibrarySpans }) =>
    (scopeSpans ?? instrumentationLibrarySpans ?? []).flatMap(({ scope, instrumentationLibrary, spans = [] }) =>
      spans.map((span) => ({
        service: String(attributesOf(resource?.attributes)['service.name']),
        scope: (scope ?? instrumentationLibrary)?.name ?? '',
        traceId: hex(span.traceId),
        spanId: hex(span.spanId),
        parentSpanId: hex(span.parentSpanId ?? ''),
        traceState: span.traceState ?? '',
        name: span.name,
        kind: String(span.kind),
        startNanos: BigInt(span.startTimeUnixNano),
        endNanos: BigInt(span.endTimeUnixNano),
        attributes: attributesOf(span.attributes),
        links: (span.links ?? []).map((link) => ({
          traceId: hex(link.traceId),
          spanId: hex(link.spanId),
          attributes: attributesOf(link.attributes),
        })),
        error: span.status?.code === 'STATUS_CODE_ERROR' || span.status?.code === 2,
        message: span.status?.message ?? '',
      })),
    ),
  );
}

function attributesOf(pairs: Pairs = []): Readonly<Record<string, unknown>> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, valueOf(value)]));
}

function valueOf({ stringValue, boolValue, intValue, doubleValue, arrayValue }: Value): unknown {
  if (arrayValue !== undefined) return (arrayValue.values ?? []).map(valueOf);
  return stringValue ?? boolValue ?? doubleValue ?? (intValue === undefined ? null : Number(intValue));
}

/** In JSON ids are hexadecimal already; protobufjs writes bytes as base64. */
function hex(id: string): string {
  return /^([0-9a-f]{16}|[0-9a-f]{32})?$/.test(id) ? id : Buffer.from(id, 'base64').toString('hex');
}
