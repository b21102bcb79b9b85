import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';

import protobuf from 'protobufjs';

import { otlpSink, type OtlpSinkOptions } from '../../otlp.ts';
import type { MetricFamily } from '../../signals/metric.ts';

// The numbers of https://github.com/open-telemetry/opentelemetry-proto v1: metrics/v1/metrics.proto, what is read here.
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Request { repeated ResourceMetrics resource_metrics = 1; }
  message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeMetrics { repeated Metric metrics = 2; }
  message Metric { string name = 1; string description = 2; Points gauge = 5; Points sum = 7; Histogram histogram = 9; }
  message Points { repeated Point data_points = 1; uint32 aggregation_temporality = 2; bool is_monotonic = 3; }
  message Point { fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; double as_double = 4; repeated KeyValue attributes = 7; }
  message Histogram { repeated HistogramPoint data_points = 1; uint32 aggregation_temporality = 2; }
  message HistogramPoint { fixed64 count = 4; double sum = 5; repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7; repeated KeyValue attributes = 9; }
  message KeyValue { string key = 1; Value value = 2; }
  message Value { string string_value = 1; }
`);

const families: readonly MetricFamily[] = [
  {
    name: 'orders_total',
    help: 'Orders.',
    type: 'counter',
    labelNames: ['tier', 'region'],
    series: [{ labels: ['premium', 'uk'], value: 3 }],
  },
  { name: 'in_flight', help: 'Now.', type: 'gauge', labelNames: [], series: [{ labels: [], value: -1.5 }] },
  {
    name: 'seconds',
    help: 'How long.',
    type: 'histogram',
    labelNames: ['step'],
    buckets: [0.1, 1],
    series: [{ labels: ['pay'], value: 4.25, buckets: [2, 1, 1] }],
  },
];

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

async function receiving(t: TestContext, options: OtlpSinkOptions = {}, status = 200) {
  const requests: Received[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const sent = Buffer.concat(parts);
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
      requests.push({ path: request.url ?? '', headers: request.headers, body });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close().closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sink = otlpSink({ url: `${url}/v1/traces`, env: {}, metrics: true, ...options });
  const { signal } = new AbortController();
  const deliver = () => sink.metrics?.(families, { signal });
  return { requests, sink, deliver, url };
}

test('metrics are read as they were meant, by the published numbers', async (t) => {
  const { requests, deliver } = await receiving(t, { serviceName: 'shop' });
  assert.deepEqual(await deliver(), { kind: 'delivered' });
  const [request] = requests;
  assert.deepEqual([request?.path, request?.headers['content-type']], ['/v1/metrics', 'application/x-protobuf']);
  const type = root.lookupType('Request');
  const read = type.toObject(type.decode(request?.body ?? Buffer.of()), { longs: Number }) as {
    resourceMetrics: { resource: object; scopeMetrics: { metrics: Record<string, never>[] }[] }[];
  };
  const [{ resource, scopeMetrics } = { resource: {}, scopeMetrics: [] }] = read.resourceMetrics;
  assert.ok(JSON.stringify(resource).includes('{"key":"service.name","value":{"stringValue":"shop"}}'));
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const [orders, inFlight, seconds] = scopeMetrics[0]?.metrics ?? [];
  const [ordersPoint, inFlightPoint] = [orders, inFlight].map((metric) => {
    const { sum, gauge } = metric as unknown as Record<
      'sum' | 'gauge',
      { dataPoints: { timeUnixNano: number; startTimeUnixNano?: number }[] }
    >;
    const { timeUnixNano, startTimeUnixNano = 0, ...point } = (sum ?? gauge).dataPoints[0] ?? { timeUnixNano: 0 };
    assert.ok(timeUnixNano > 0);
    assert.equal(startTimeUnixNano, 0, 'unknown: they go on over restarts');
    return point;
  });
  assert.deepEqual(ordersPoint, {
    asDouble: 3,
    attributes: [text('tier', 'premium'), text('region', 'uk')],
  });
  const { isMonotonic, aggregationTemporality } = (orders as unknown as { sum: Record<string, unknown> }).sum;
  assert.deepEqual([isMonotonic, aggregationTemporality], [true, 2]);
  assert.deepEqual(inFlightPoint, { asDouble: -1.5 });
  assert.deepEqual(seconds, {
    name: 'seconds',
    description: 'How long.',
    histogram: {
      aggregationTemporality: 2,
      dataPoints: [
        { count: 4, sum: 4.25, bucketCounts: [2, 1, 1], explicitBounds: [0.1, 1], attributes: [text('step', 'pay')] },
      ],
    },
  });
});

test('as JSON too, to an address of their own, as often as the environment says', async (t) => {
  const { requests, deliver, sink, url } = await receiving(t, { encoding: 'json', env: {} });
  await deliver();
  const read = JSON.parse(requests[0]?.body.toString() ?? '') as { resourceMetrics: object[] };
  assert.equal(read.resourceMetrics.length, 1);
  assert.equal(sink.metricsEveryMs, 60_000);
  const env = {
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${url}/own`,
    OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'api-key=1',
    OTEL_METRIC_EXPORT_INTERVAL: '5000',
  };
  const own = otlpSink({ metrics: true, env });
  assert.equal(own.metricsEveryMs, 5000);
  await own.metrics?.(families, { signal: new AbortController().signal });
  assert.deepEqual([requests[1]?.path, requests[1]?.headers['api-key']], ['/own', '1']);
});

test('how metrics are written is asked of the variables for metrics, not of those for traces', async (t) => {
  const { requests, url } = await receiving(t);
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_METRICS_COMPRESSION: 'none',
  };
  await otlpSink({ metrics: true, env }).metrics?.(families, { signal: new AbortController().signal });
  assert.equal(requests[0]?.headers['content-type'], 'application/json');
  assert.equal(requests[0]?.headers['content-encoding'], undefined);
});

test('metrics go beside the traces that the code has an address for, never to the same', async (t) => {
  const { requests, url } = await receiving(t);
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9/elsewhere' };
  const sink = otlpSink({ url: `${url}/here/v1/traces`, metrics: true, env });
  await sink.metrics?.(families, { signal: new AbortController().signal });
  assert.equal(requests[0]?.path, '/here/v1/metrics');
  assert.throws(() => otlpSink({ url: `${url}/spans`, metrics: true, env }), {
    code: 'TASKER_CONFIG_INVALID',
    message: /metrics\.url: expected an address/,
  });
});

test('OTEL_SDK_DISABLED turns the sending of metrics off, whatever the code says', () => {
  assert.equal(otlpSink({ metrics: true, env: { OTEL_SDK_DISABLED: 'true' } }).metrics, undefined);
});

test('a receiver that is busy is asked again, one that refuses is not; without the option there are no metrics', async (t) => {
  const busy = await receiving(t, {}, 503);
  assert.equal((await busy.deliver())?.kind, 'retryable');
  const refusing = await receiving(t, {}, 400);
  assert.equal((await refusing.deliver())?.kind, 'rejected');
  assert.equal(otlpSink({ env: {} }).metrics, undefined);
});
