import assert from 'node:assert/strict';
import { test } from 'node:test';

import { defineSink, defineTask, PermanentError, PublicError, RetryableError, type Span } from '../../src/index.ts';
import { createTestTasker } from '../../src/testing/test-tasker.ts';
import { gate } from '../support/world.ts';
import { traced } from '../support/traced.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;

/** A payment that works at the third attempt. */
function stubborn() {
  return defineTask({
    name: 'checkout',
    namespace_name: 'shop',
    handler_config: { business_context: ['tier', 'items'] },
    step_templates: [
      {
        name: 'pay',
        handler_config: { results: ['amount', 'parts'] },
        default_retry_limit: 5,
        handler: ({ attempt }) => {
          if (attempt === 1) throw new RetryableError('secret-4711 is busy', { retryAfterMs: 7000 });
          if (attempt === 2) throw new PublicError('the bank is busy', { code: 'bank_busy' });
          return { amount: 12_997, parts: [1, 2], card: 'secret-4711' };
        },
      },
    ],
  });
}

test('a task that succeeds after retries: failed attempts are errors linked in a row, the task is none', async (t) => {
  const { tasker, clock, spans, named } = await traced(t, [stubborn()]);
  const context = { tier: 'gold', items: { a: 1 }, card: 'secret-4711' };
  const { id } = await tasker.run({
    name: 'checkout',
    namespace: 'shop',
    context,
    traceparent,
    tracestate: 'vendor=1',
    correlationId: 'c-1',
  });
  await clock.advance(60_000);
  const [root] = named('task started checkout');
  const [first, second, third, ...more] = named('step pay');
  const [task] = named('task checkout');
  assert.ok(root && first && second && third && task);
  assert.equal(more.length, 0);
  assert.equal(spans.length, 5);
  for (const span of spans) {
    assert.equal(span.traceId, traceId);
    assert.equal(span.traceState, 'vendor=1');
    assert.deepEqual(
      ['tasker.task.id', 'tasker.task.namespace', 'tasker.correlation_id'].map((name) => span.attributes[name]),
      [id, 'shop', 'c-1'],
    );
  }
  assert.deepEqual([root.parentSpanId, root.parentIsRemote], ['00f067aa0ba902b7', true]);
  assert.equal(root.startMs, root.endMs, 'the root has no length');
  for (const span of [first, second, third, task]) assert.equal(span.parentSpanId, root.spanId);

  const linksOf = ({ links }: Span) => links.map((link) => [link.traceId, link.spanId, link.attributes['tasker.link']]);
  assert.deepEqual(linksOf(first), []);
  assert.deepEqual(linksOf(second), [[traceId, first.spanId, 'attempt_before']]);
  assert.deepEqual(linksOf(third), [[traceId, second.spanId, 'attempt_before']]);
  assert.deepEqual(
    [first, second, third].map(({ status, attributes }) => [
      status,
      attributes['error.type'],
      attributes['tasker.error.code'],
      attributes['tasker.step.attempt'],
      attributes['tasker.attempt.result'],
    ]),
    [
      [{ code: 'error' }, 'RetryableError', undefined, 1, 'failure'],
      [{ code: 'error', message: 'the bank is busy' }, 'PublicError', 'bank_busy', 2, 'failure'],
      [{ code: 'unset' }, undefined, undefined, 3, 'success'],
    ],
  );
  assert.equal(first.attributes['tasker.retry.wait_ms'], 7000);
  assert.equal(first.attributes['tasker.retry.not_before'], new Date(first.endMs + 7000).toISOString());
  assert.ok(second.startMs >= first.endMs + 7000);
  assert.deepEqual(
    [third.attributes['tasker.result.amount'], third.attributes['tasker.result.parts']],
    [12_997, [1, 2]],
  );
  assert.deepEqual(task.status, { code: 'unset' });
  for (const span of [root, task]) {
    assert.equal(span.attributes['tasker.context.tier'], 'gold');
    assert.equal(span.attributes['tasker.context.items'], '{"a":1}');
  }
  assert.deepEqual([task.startMs, task.endMs], [root.startMs, third.endMs]);
  assert.doesNotMatch(JSON.stringify(spans), /secret/);
});

test('each time a task fails is an error of its own; what an operator makes of it closes the trace anew', async (t) => {
  let broken = true;
  const task = defineTask({
    name: 'order',
    step_templates: [
      {
        name: 'ship',
        handler: () => {
          if (broken) throw new PermanentError('no');
        },
      },
    ],
  });
  const { tasker, clock, spans, named } = await traced(t, [task]);
  const { id } = await tasker.run({ name: 'order', context: {} });
  await clock.advance(1000);
  const [failed] = named('task order');
  assert.deepEqual(failed?.status, { code: 'error' });
  assert.equal(failed.attributes['error.type'], 'PermanentError');
  assert.deepEqual(failed.attributes['tasker.task.failed_steps'], ['ship']);
  broken = false;
  await tasker.retry(id, { by: 'ada', why: 'secret-reason' });
  await clock.advance(1000);
  assert.deepEqual(
    spans.map(({ name, status }) => [name, status.code]),
    [
      ['task started order', 'unset'],
      ['step ship', 'error'],
      ['task order', 'error'],
      ['step ship', 'unset'],
      ['task order', 'unset'],
    ],
  );
  assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, spans.length);
  assert.equal(spans[3]?.links[0]?.spanId, spans[1]?.spanId);
  assert.doesNotMatch(JSON.stringify(spans), /secret|ada/);
});

test('a task that hangs is visible while it hangs: its root at once, then which step is silent, then that it is late', async (t) => {
  const hold = gate();
  const task = defineTask({
    name: 'order',
    handler_config: { monitoring: { sla_seconds: 45 } },
    step_templates: [
      { name: 'pay', handler_config: { monitoring: { stall_seconds: 10 } }, handler: () => hold.promise },
    ],
  });
  const { tasker, clock, spans } = await traced(t, [task]);
  await tasker.run({ name: 'order', context: {} });
  await clock.advance(1);
  assert.deepEqual(
    spans.map(({ name }) => name),
    ['task started order'],
  );
  await clock.advance(46_000);
  const [root, stalled, late, ...more] = spans;
  assert.ok(root && stalled && late);
  assert.equal(more.length, 0);
  assert.deepEqual([stalled.name, stalled.attributes['error.type']], ['step stalled pay', 'stalled']);
  assert.deepEqual([late.name, late.attributes['tasker.task.open_steps']], ['task sla breached order', ['pay']]);
  assert.deepEqual([stalled.endMs - root.endMs, late.endMs - root.endMs], [10_000, 45_000]);
  for (const { status, parentSpanId } of [stalled, late])
    assert.deepEqual([status.code, parentSpanId], ['error', root.spanId]);
  hold.open();
  await clock.advance(10);
  assert.deepEqual(
    spans.slice(3).map(({ name, status }) => [name, status.code]),
    [
      ['step pay', 'unset'],
      ['task order', 'unset'],
    ],
  );
});

test('linked: each attempt is a trace of its own, linked to its task and to the attempt before', async (t) => {
  const told: (string | null)[] = [];
  const task = defineTask({
    name: 'order',
    step_templates: [
      {
        name: 'pay',
        handler: ({ attempt, traceparent: mine }) => {
          told.push(mine);
          if (attempt === 1) throw new RetryableError('later', { retryAfterMs: 1 });
        },
      },
    ],
  });
  const { tasker, clock, named } = await traced(t, [task], { tracing: { mode: 'linked' } });
  await tasker.run({ name: 'order', context: {}, traceparent });
  await clock.advance(5000);
  const [root] = named('task started order');
  const [closing] = named('task order');
  const [first, second] = named('step pay');
  assert.ok(root && first && second && closing);
  assert.deepEqual([root.traceId, closing.traceId], [traceId, traceId]);
  assert.equal(new Set([traceId, first.traceId, second.traceId]).size, 3);
  const toTask = { traceId, spanId: root.spanId, attributes: { 'tasker.link': 'task' } };
  const { traceId: of, spanId } = first;
  assert.deepEqual([first.parentSpanId, first.links], [null, [toTask]]);
  assert.deepEqual(second.links, [toTask, { traceId: of, spanId, attributes: { 'tasker.link': 'attempt_before' } }]);
  assert.deepEqual(
    told,
    [first, second].map((span) => `00-${span.traceId}-${span.spanId}-01`),
    'what handlers call continues the trace of their attempt',
  );
});

test('a task that is cancelled closes its attempt and its trace, and is no error', async (t) => {
  const hold = gate();
  const task = defineTask({
    name: 'order',
    step_templates: [
      { name: 'pay', handler: ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', reject)) },
      { name: 'ship', depends_on_step: 'pay', handler: () => hold.promise },
    ],
  });
  const { tasker, clock, spans } = await traced(t, [task]);
  const { id } = await tasker.run({ name: 'order', context: {} });
  await clock.advance(2000);
  await tasker.cancel(id, { by: 'ada', why: 'withdrawn' });
  await clock.advance(10);
  assert.deepEqual(
    spans.map(({ name, attributes, status, startMs, endMs }) => [
      name,
      attributes['tasker.attempt.result'] ?? attributes['tasker.task.result'],
      status.code,
      endMs - startMs,
    ]),
    [
      ['task started order', undefined, 'unset', 0],
      ['step pay', 'cancellation', 'unset', 2000],
      ['task order', 'cancellation', 'unset', 2000],
    ],
  );
});

test('a wait for room is a span of its own: nothing was at work meanwhile', async (t) => {
  const holds = [gate(), gate()];
  const task = defineTask({
    name: 'order',
    step_templates: [{ name: 'pay', handler: () => holds.shift()?.promise }],
  });
  const [first] = holds;
  const { tasker, clock, named } = await traced(t, [task], { limits: { stepsPerProcess: 1 } });
  await tasker.run({ name: 'order', context: {} });
  await tasker.run({ name: 'order', context: {} });
  await clock.advance(3000);
  first?.open();
  await clock.advance(10);
  const [wait, ...more] = named('wait pay');
  const [, root] = named('task started order');
  assert.ok(wait && root);
  assert.equal(more.length, 0);
  assert.deepEqual([wait.parentSpanId, wait.endMs - wait.startMs], [root.spanId, 3000]);
  assert.equal(wait.attributes['tasker.wait.reason'], 'capacity');
});

test('a sink that is away delays spans and loses none; they come again as they were', async (t) => {
  const offered: string[] = [];
  let refusals = 3;
  const { tasker, clock, spans } = await traced(t, [stubborn()], {
    answer: async (given) => {
      offered.push(...given.map((span) => JSON.stringify(span)));
      return (refusals -= 1) >= 0 ? { kind: 'retryable', reason: 'away', afterMs: 20_000 } : { kind: 'delivered' };
    },
  });
  await tasker.run({ name: 'checkout', namespace: 'shop', context: { tier: 'gold' } });
  await clock.advance(59_000);
  assert.equal(spans.length, 0);
  await clock.advance(60_000);
  assert.equal(spans.length, 5);
  assert.deepEqual(new Set(offered), new Set(spans.map((span) => JSON.stringify(span))));
});

test('what a sink rejects, or cannot take for too long, is dropped and told, and what follows goes on', async (t) => {
  let answer: 'rejected' | 'retryable' | 'hangs' | 'throws' | 'delivered' = 'rejected';
  const { tasker, clock, spans, warnings } = await traced(t, [stubborn()], {
    tracing: { giveUpAfterMs: 60_000 },
    answer: async () => {
      if (answer === 'hangs') return new Promise(() => undefined);
      if (answer === 'throws') throw new TypeError('a defect');
      return answer === 'delivered' ? { kind: answer } : { kind: answer, reason: 'no' };
    },
  });
  const run = async () => {
    const task = await tasker.run({ name: 'checkout', namespace: 'shop', context: {} });
    await clock.advance(300_000);
    assert.equal((await task.wait()).status, 'complete', 'no workflow is touched');
  };
  for (const how of ['rejected', 'retryable', 'hangs', 'throws'] as const) {
    answer = how;
    await run();
  }
  assert.equal(spans.length, 0);
  assert.match(warnings[0] ?? '', /^Sink 'kept' did not take \d+ of its traces, which are dropped: no\.$/);
  assert.ok(warnings.some((text) => text.includes('given up after 60000 ms: no')));
  assert.ok(warnings.length < 10, warnings.join('\n'));
  answer = 'delivered';
  await run();
  assert.equal(spans.length, 5);
});

test('tracing changes nothing that a task does or records', async (t) => {
  const logs = await Promise.all(
    [true, false].map(async (enabled) => {
      const { tasker, clock, events } = await traced(t, [stubborn()], { tracing: { enabled } });
      await tasker.run({ name: 'checkout', namespace: 'shop', context: { tier: 'gold' } });
      await clock.advance(60_000);
      return events();
    }),
  );
  assert.equal(logs[0]?.at(-1)?.name, 'task.completed');
  assert.deepEqual(logs[0], logs[1]);
});

test('without tracing handlers are told the context that their task was requested with', async (t) => {
  const told: (string | null)[] = [];
  const task = defineTask({
    name: 'order',
    step_templates: [{ name: 'pay', handler: (step) => void told.push(step.traceparent) }],
  });
  const { tasker, clock, spans } = await traced(t, [task], { tracing: { enabled: false } });
  const unsampled = traceparent.replace(/01$/, '00');
  for (const given of [traceparent, unsampled, undefined])
    await tasker.run({ name: 'order', context: {}, ...(given !== undefined && { traceparent: given }) });
  await clock.advance(1000);
  assert.deepEqual(told, [traceparent, unsampled, null]);
  assert.deepEqual(spans, []);
});

test('tracing that would go nowhere is refused, and so is a key that nobody knows', async () => {
  const logs = defineSink({ name: 'logs', logs: async () => ({ kind: 'delivered' }) });
  await assert.rejects(createTestTasker({ sinks: [logs], telemetry: { tracing: { enabled: true } } }), {
    code: 'TASKER_CONFIG_INVALID',
    message: /no sink takes spans; add one to sinks, otlpSink\(\)/,
  });
  const misspelt = { sampleRate: 0.5 } as object;
  await assert.rejects(
    createTestTasker({ telemetry: { tracing: misspelt } }),
    /'sampleRate' \(did you mean 'sampleRatio'/,
  );
});

test('OTEL_SDK_DISABLED turns it off, whatever the configuration says', async (t) => {
  let spans = 0;
  const sink = defineSink({
    name: 'spans',
    traces: async (some) => {
      spans += some.length;
      return { kind: 'delivered' };
    },
  });
  for (const [value, expected] of [
    ['true', false],
    ['false', true],
  ] as const) {
    const made = await createTestTasker(
      { tasks: [stubborn()], sinks: [sink], telemetry: { tracing: { enabled: true } } },
      { surroundings: { env: { OTEL_SDK_DISABLED: value } } },
    );
    t.after(() => made.stop());
    spans = 0;
    await made.tasker.run({ name: 'checkout', namespace: 'shop', context: { tier: 'gold' } });
    await made.clock.advance(60_000);
    assert.equal(spans > 0, expected, value);
  }
});
