import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';

import { startOtlpReceiver } from '../../../test/tracing/otlp-receiver.ts';
import { otlpSink, type OtlpSinkOptions } from '../../otlp.ts';
import type { Span } from '../../signals/span.ts';
import { readAnswer } from './otlp-response.ts';

const { signal } = new AbortController();

const span: Span = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  parentSpanId: '53995c3f42cd8ad8',
  parentIsRemote: true,
  traceState: 'vendor=opaque,other=1',
  name: 'step process_payment',
  kind: 'internal',
  startMs: 1_790_000_000_000.5,
  endMs: 1_790_000_004_000.123,
  attributes: { text: 'ü', whole: 12_997, part: 0.5, no: false, list: ['a', 'b'], numbers: [1, 2.5] },
  links: [
    {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      attributes: { 'tasker.link': 'attempt_before' },
    },
  ],
  status: { code: 'error', message: 'card declined' },
};

async function receiving(t: TestContext, options: OtlpSinkOptions = {}) {
  const receiver = await startOtlpReceiver();
  t.after(() => receiver.close());
  return { receiver, sink: otlpSink({ url: `${receiver.url}/v1/traces`, env: {}, ...options }) };
}

for (const encoding of ['protobuf', 'json'] as const) {
  for (const compression of ['gzip', 'none'] as const) {
    test(`a span is read as it was meant, by the published definitions (${encoding}, ${compression})`, async (t) => {
      const options = { encoding, compression, serviceName: 'shop', resource: { 'service.version': '7' } };
      const { receiver, sink } = await receiving(t, options);
      assert.deepEqual(await sink.traces([span], { signal }), { kind: 'delivered' });
      const [request] = receiver.requests;
      const type = encoding === 'json' ? 'application/json' : 'application/x-protobuf';
      assert.equal(request?.headers['content-type'], type);
      assert.equal(request.headers['content-encoding'], compression === 'gzip' ? 'gzip' : undefined);
      assert.equal(request.path, '/v1/traces');
      const [{ kind, ...read }] = receiver.spans as [(typeof receiver.spans)[number]];
      assert.ok(kind === '1' || kind === 'SPAN_KIND_INTERNAL', kind);
      assert.deepEqual(read, {
        service: 'shop',
        scope: 'tasker',
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId,
        traceState: span.traceState,
        name: span.name,
        startNanos: 1_790_000_000_000_500_000n,
        endNanos: 1_790_000_004_000_123_000n,
        attributes: span.attributes,
        links: span.links,
        error: true,
        message: 'card declined',
      });
    });
  }
}

test('what may pass is retryable, with the wait that the receiver asks for; what nobody mends by waiting is rejected', async (t) => {
  const { receiver, sink } = await receiving(t);
  const said = async (status: number, headers: Record<string, string> = {}) => {
    receiver.answer = () => ({ status, headers });
    return sink.traces([span], { signal });
  };
  assert.deepEqual(await said(429, { 'retry-after': '7' }), {
    kind: 'retryable',
    reason: 'the receiver answered 429',
    afterMs: 7000,
  });
  for (const status of [408, 429, 502, 503, 504]) assert.equal((await said(status)).kind, 'retryable', String(status));
  for (const status of [301, 400, 401, 403, 404, 500, 501])
    assert.deepEqual(await said(status), { kind: 'rejected', reason: `the receiver answered ${status}` });
  assert.deepEqual(await said(413), { kind: 'rejected', reason: 'the receiver answered 413', tooLarge: true });
  const now = Date.UTC(2026, 0, 1);
  assert.deepEqual(readAnswer(503, 'Thu, 01 Jan 2026 00:00:30 GMT', now), {
    kind: 'retryable',
    reason: 'the receiver answered 503',
    afterMs: 30_000,
  });
  assert.deepEqual(readAnswer(503, 'soon', now), { kind: 'retryable', reason: 'the receiver answered 503' });
});

test('spans that the receiver refuses of those it took are counted, and are not sent again', async (t) => {
  const { receiver, sink } = await receiving(t, { encoding: 'json' });
  receiver.answer = () => ({ body: '{"partialSuccess":{"rejectedSpans":2,"errorMessage":"too old"}}' });
  const answer = await sink.traces([span, span, span], { signal });
  assert.deepEqual(answer, { kind: 'rejected', reason: 'the receiver refused 2 of 3', count: 2 });
  receiver.answer = () => ({ body: 'thank you' });
  assert.deepEqual(await sink.traces([span], { signal }), { kind: 'delivered' });
});

test('a receiver that is not there, or never answers, is told without its address', async (t) => {
  const gone = otlpSink({ url: 'http://127.0.0.1:9/secret-4711', env: {} });
  assert.deepEqual(await gone.traces([span], { signal }), {
    kind: 'retryable',
    reason: 'the receiver cannot be reached (ECONNREFUSED)',
  });
  const silent = createServer((socket) => void socket.resume()).listen(0, '127.0.0.1');
  t.after(() => silent.close());
  await new Promise((resolve) => silent.once('listening', resolve));
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
  const waiting = await otlpSink({ url, timeoutMs: 20, env: {} }).traces([span], { signal });
  assert.deepEqual(waiting, { kind: 'retryable', reason: 'the receiver cannot be reached (ETIMEDOUT)' });
  const patience = new AbortController();
  const left = otlpSink({ url, env: {} }).traces([span], { signal: patience.signal });
  patience.abort();
  assert.equal((await left).kind, 'retryable');
});

test("OpenTelemetry's variables are honoured, those for traces first, code before all", async (t) => {
  const receiver = await startOtlpReceiver();
  t.after(() => receiver.close());
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `${receiver.url}/base/`,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-team=shop%20one, authorization=Bearer%20general',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'authorization=Bearer%20traces',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'none',
    OTEL_SERVICE_NAME: 'storefront',
    OTEL_RESOURCE_ATTRIBUTES: 'service.name=no,deployment.environment.name=test',
  };
  assert.equal((await otlpSink({ env }).traces([span], { signal })).kind, 'delivered');
  const [first] = receiver.requests;
  assert.equal(first?.path, '/base/v1/traces');
  assert.equal(first.headers['x-team'], 'shop one');
  assert.equal(first.headers.authorization, 'Bearer traces');
  assert.equal(first.headers['content-type'], 'application/json');
  assert.equal(first.headers['content-encoding'], undefined);
  assert.equal(first.spans[0]?.service, 'storefront');

  const ofTraces = { ...env, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.url}/mine` };
  await otlpSink({ env: ofTraces }).traces([span], { signal });
  assert.equal(receiver.requests[1]?.path, '/mine');
  const given = { url: `${receiver.url}/code`, encoding: 'protobuf', serviceName: 'code', env } as const;
  await otlpSink(given).traces([span], { signal });
  assert.equal(receiver.requests[2]?.path, '/code');
  assert.equal(receiver.requests[2].headers['content-type'], 'application/x-protobuf');
  assert.equal(receiver.requests[2].spans[0]?.service, 'code');
});

test('what the variables or the options say wrongly is refused by name, without what may be secret', () => {
  const refused = (env: Record<string, string>, message: RegExp): void =>
    assert.throws(() => otlpSink({ env }), { code: 'TASKER_CONFIG_INVALID', message });
  refused({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, /^OTEL_EXPORTER_OTLP_PROTOCOL: expected .*gRPC is not supported/);
  refused({ OTEL_EXPORTER_OTLP_HEADERS: 'secret' }, /^OTEL_EXPORTER_OTLP_HEADERS: (?!.*secret)/);
  refused({ OTEL_EXPORTER_OTLP_HEADERS: 'key=%zz-secret' }, /^OTEL_EXPORTER_OTLP_HEADERS: (?!.*secret)/);
  refused({ OTEL_EXPORTER_OTLP_TIMEOUT: 'soon' }, /^OTEL_EXPORTER_OTLP_TIMEOUT: expected milliseconds/);
  refused({ OTEL_EXPORTER_OTLP_COMPRESSION: 'zip' }, /^OTEL_EXPORTER_OTLP_COMPRESSION: expected/);
  refused({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, /url:/);
  assert.throws(() => otlpSink({ env: {}, timeoutMs: -1 }), /timeoutMs/);
});
