import assert from 'node:assert/strict';
import { test } from 'node:test';

import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import * as api from '@opentelemetry/api';

import { inOtelSpan, loadOtelApi, type OtelApi } from './otel-context.ts';

const span = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  sampled: true,
  remote: false,
  tracestate: 'vendor=1',
};

test("an attempt's span is the active one in its handler and beyond its waits, and nobody else's is", async (t) => {
  t.after(() => api.context.disable());
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const inSpan = inOtelSpan(await loadOtelApi());
  const active = () => api.trace.getSpanContext(api.context.active());
  const others = api.createContextKey('of a request');
  const request = api.ROOT_CONTEXT.setValue(others, 'another');
  await api.context.with(request, async () => {
    const seen = await inSpan(span, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(api.context.active().getValue(others), undefined, 'an attempt is not part of who happens to wait');
      return active();
    });
    const { traceId, spanId, traceFlags, traceState } = seen ?? assert.fail();
    assert.deepEqual([traceId, spanId, traceFlags], [span.traceId, span.spanId, api.TraceFlags.SAMPLED]);
    assert.equal(traceState?.serialize(), 'vendor=1');
    assert.equal(active(), undefined);
    inSpan(null, () => assert.equal(api.context.active(), api.ROOT_CONTEXT));
    inSpan({ ...span, sampled: false }, () => assert.equal(active()?.traceFlags, api.TraceFlags.NONE));
  });
});

test('without a context manager, and without OpenTelemetry, a handler is called as ever', () => {
  for (const inSpan of [inOtelSpan(api), inOtelSpan(null)]) {
    assert.equal(
      inSpan(span, () => 7),
      7,
    );
    assert.throws(() => inSpan(span, () => assert.fail('of the handler')), /of the handler/);
  }
});

test('an OpenTelemetry that is broken neither keeps a handler from being called nor has it called twice', () => {
  const broken = (part: Partial<OtelApi>): OtelApi => ({ ...api, ...part });
  const fails = (): never => {
    throw new Error('broken');
  };
  for (const half of [
    broken({ context: { with: fails } }),
    broken({ trace: { setSpanContext: fails } }),
    broken({ createTraceState: fails }),
  ]) {
    let calls = 0;
    assert.equal(
      inOtelSpan(half)(span, () => (calls += 1)),
      1,
    );
  }
  const afterwards = (_context: unknown, call: () => unknown): never => {
    call();
    return fails();
  };
  const after = { with: afterwards } as OtelApi['context'];
  let calls = 0;
  assert.throws(() => inOtelSpan(broken({ context: after }))(span, () => (calls += 1)), /broken/);
  assert.equal(calls, 1);
});
