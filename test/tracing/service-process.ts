// A service in a process of its own that continues the trace of whoever calls it: one span for each request.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { setUp } from './application.ts';

const { receiver } = JSON.parse(process.argv[2] ?? '{}') as { receiver: string };
process.stdin.resume().on('end', () => process.exit(0));
await setUp(3, { service: 'payments', receiver });
const { context, propagation, SpanKind, trace } = await import('@opentelemetry/api');

const server = createServer((request, response) => {
  const caller = propagation.extract(context.active(), request.headers);
  const span = trace.getTracer('payments').startSpan('charge card', { kind: SpanKind.SERVER }, caller);
  span.end();
  response.end(JSON.stringify({ traceparent: request.headers.traceparent ?? null }));
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
