import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ROOT_CONTEXT } from '@opentelemetry/api';
import { SamplingDecision, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace';

import { defineTask, PermanentError } from '../../src/index.ts';
import { isSampled } from '../../src/execution/trace-policy.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { gate } from '../support/world.ts';
import { traced } from '../support/traced.ts';

const late = (spans: readonly { readonly name: string; readonly attributes: object }[]) =>
  spans.map(({ name, attributes }) => [name, 'tasker.sampling' in attributes ? attributes['tasker.sampling'] : null]);

function order(pay: (attempt: number) => unknown) {
  return defineTask({
    name: 'order',
    handler_config: { monitoring: { sla_seconds: 60 } },
    step_templates: [
      { name: 'check', handler: () => 1 },
      { name: 'pay', depends_on_step: 'check', handler: ({ attempt }) => pay(attempt) },
    ],
  });
}

test("a task is sampled by its trace id, as OpenTelemetry's own sampler does it", () => {
  const random = seededRandom(3);
  for (const ratio of [0, 0.001, 0.25, 0.5, 0.999, 1]) {
    const sampler = new TraceIdRatioBasedSampler(ratio);
    let kept = 0;
    for (let n = 0; n < 2000; n += 1) {
      const id = random.hex(16);
      const { decision } = sampler.shouldSample(ROOT_CONTEXT, id);
      const mine = isSampled(id, ratio);
      assert.equal(mine, decision === SamplingDecision.RECORD_AND_SAMPLED, `${id} at ${ratio}`);
      if (mine) kept += 1;
    }
    assert.ok(Math.abs(kept / 2000 - ratio) < 0.05, `${kept} of 2000 at ${ratio}`);
  }
});

test('the decision is made once for all of a task, and told to whatever its handlers call', async (t) => {
  const flags = new Map<string, string[]>();
  const task = defineTask({
    name: 'order',
    step_templates: ['a', 'b'].map((name) => ({
      name,
      handler: ({ taskId, traceparent }) => {
        flags.set(taskId, [...(flags.get(taskId) ?? []), traceparent?.slice(-2) ?? 'none']);
      },
    })),
  });
  const { tasker, clock, spans } = await traced(t, [task], { tracing: { sampleRatio: 0.5 } });
  for (let n = 0; n < 100; n += 1) await tasker.run({ name: 'order', context: {} });
  await clock.advance(5000);
  const exported = new Set(spans.map(({ attributes }) => attributes['tasker.task.id']));
  assert.ok(exported.size > 30 && exported.size < 70, `${exported.size} of 100`);
  assert.equal(spans.length, exported.size * 4, 'all of a task or nothing');
  assert.equal(flags.size, 100);
  for (const [id, told] of flags) assert.deepEqual(told, exported.has(id) ? ['01', '01'] : ['00', '00']);
});

test('what the caller decided for its own trace is not inherited: neither its yes nor its no', async (t) => {
  const ids = { low: '00000000000000000000000000000001', high: 'ffffffff000000000000000000000000' };
  const { tasker, clock, spans } = await traced(t, [order(() => 1)], { tracing: { sampleRatio: 0.5 } });
  for (const [id, flags] of [
    [ids.low, '00'],
    [ids.high, '01'],
  ])
    await tasker.run({ name: 'order', context: {}, traceparent: `00-${id}-00f067aa0ba902b7-${flags}` });
  await clock.advance(5000);
  assert.deepEqual(new Set(spans.map(({ traceId }) => traceId)), new Set([ids.low]));
});

test('one that is not sampled and fails is exported from the log: all of it so far, and what follows', async (t) => {
  let broken = true;
  const pay = () => {
    if (broken) throw new PermanentError('no');
  };
  const { tasker, clock, spans } = await traced(t, [order(pay)], { tracing: { sampleRatio: 0 } });
  const { id } = await tasker.run({ name: 'order', context: {} });
  const good = await tasker.run({ name: 'order', context: {} });
  await clock.advance(1000);
  const after = 'after_the_fact';
  const first = ['task started order', 'step check', 'step pay', 'task order'];
  assert.deepEqual(
    late(spans.slice(0, 4)),
    first.map((name) => [name, after]),
  );
  broken = false;
  await tasker.retry(id, { by: 'ada', why: 'mended' });
  await tasker.retry(good.id, { by: 'ada', why: 'mended' });
  await clock.advance(1000);
  const last = spans.slice(-4);
  assert.deepEqual(late(last), [
    ['step pay', after],
    ['task order', after],
    ['step pay', after],
    ['task order', after],
  ]);
  assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, spans.length, 'none comes twice');
  const never = await tasker.run({ name: 'order', context: {} });
  await clock.advance(1000);
  assert.ok(spans.every(({ attributes }) => attributes['tasker.task.id'] !== never.id));
});

test('one that is not sampled and hangs is visible once a step is silent, and then to its end', async (t) => {
  const hold = gate();
  const { tasker, clock, spans } = await traced(t, [order(() => hold.promise)], { tracing: { sampleRatio: 0 } });
  await tasker.run({ name: 'order', context: {} });
  await clock.advance(29_000);
  assert.deepEqual(spans, []);
  await clock.advance(32_000);
  const names = () => spans.map(({ name }) => name);
  assert.deepEqual(names(), ['task started order', 'step check', 'step stalled pay', 'task sla breached order']);
  hold.open();
  await clock.advance(1000);
  assert.deepEqual(names().slice(4), ['step pay', 'task order']);
});

test('a task keeps the decision that it was created with', async (t) => {
  const { tasker, clock, events } = await traced(t, [order(() => 1)], { tracing: { sampleRatio: 0, mode: 'linked' } });
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  await tasker.run({ name: 'order', context: {}, traceparent, tracestate: 'vendor=1' });
  await tasker.run({ name: 'order', context: {}, traceparent, tracestate: 'not one' });
  await clock.advance(1000);
  const told = (await events()).filter(({ taskId }) => taskId !== null).map(({ taskId, trace }) => ({ taskId, trace }));
  const [first] = told;
  for (const { taskId, trace } of told) {
    const state = taskId === first?.taskId ? { state: 'vendor=1' } : {};
    assert.deepEqual(trace, { sampled: false, linked: true, ...state }, 'each event tells it');
  }
});
