import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { until } from '../test/support/until.ts';
import { createTasker } from './create-tasker.ts';
import { defineSink, defineTask, type Delivery } from './index.ts';
import type { MetricFamily } from './signals/metric.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { createTestTasker } from './testing/test-tasker.ts';

const checkout = defineTask({ name: 'checkout', step_templates: [{ name: 'pay', handler: () => ({}) }] });

/** A sink that answers as the test says, and what it has taken. */
function metricSink(answer: () => Delivery = () => ({ kind: 'delivered' })) {
  const taken: MetricFamily[][] = [];
  const sink = defineSink({
    name: 'kept',
    metricsEveryMs: 10_000,
    async metrics(families: readonly MetricFamily[]) {
      const said = answer();
      if (said.kind === 'delivered') taken.push([...families]);
      return said;
    },
  });
  const latest = (name: string): number | undefined =>
    taken
      .at(-1)
      ?.find((family) => family.name === name)
      ?.series.reduce((all, { value }) => all + value, 0);
  return { sink, taken, latest };
}

async function pushing(t: TestContext, answer?: () => Delivery) {
  const { sink, ...seen } = metricSink(answer);
  const { tasker, clock, stop } = await createTestTasker({ tasks: [checkout], sinks: [sink] });
  t.after(stop);
  const run = async () => (await tasker.run({ name: 'checkout', context: {} })).wait();
  return { ...seen, clock, tasker, stop, run };
}

test('a sink that takes metrics is given all there are every so often, and once more at the end', async (t) => {
  const { clock, taken, run, latest, stop } = await pushing(t);
  await run();
  await clock.advance(9000);
  assert.equal(taken.length, 0);
  await clock.advance(1500);
  assert.equal(taken.length, 1);
  assert.equal(latest('tasker_tasks_total'), 1);
  assert.equal(latest('tasker_engine_tasks_in_memory'), 0);
  await run();
  await clock.advance(1000);
  await stop();
  assert.equal(latest('tasker_tasks_total'), 2);
});

test('what a sink cannot take until the next are due is dropped and counted, and the next hold all that was in it', async (t) => {
  let down = true;
  const { clock, tasker, run, latest } = await pushing(t, () =>
    down ? { kind: 'retryable', reason: 'away' } : { kind: 'delivered' },
  );
  await run();
  await clock.advance(65_000);
  assert.equal(latest('tasker_tasks_total'), undefined);
  down = false;
  await clock.advance(120_000);
  assert.equal(latest('tasker_tasks_total'), 1);
  const { events } = await tasker.events();
  const facts = events.filter(({ name }) => name.startsWith('sink.')).map(({ name, payload }) => [name, payload]);
  assert.ok(facts.some(([name]) => name === 'sink.dropped'));
  assert.ok(facts.every(([, payload]) => (payload as { signal: string }).signal === 'metrics'));
  assert.ok((latest('tasker_sink_dropped_total') ?? 0) > 0, 'the drop is among the metrics');
});

test('an engine that could not start at first sends metrics once it could', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'tasker-push-'));
  t.after(() => rm(folder, { recursive: true }));
  const clock = new FakeClock();
  const { sink, taken } = metricSink();
  const open = (sinks: readonly (typeof sink)[]) =>
    createTasker(
      { storage: { kind: 'sqlite', file: join(folder, 'tasker.db') }, tasks: [checkout], sinks },
      { clock, env: {}, onWarning: () => undefined },
    );
  const [first, second] = [await open([]), await open([sink])];
  t.after(async () => {
    const stopped = Promise.all([first.stop({ graceMs: 0 }), second.stop({ graceMs: 0 })]);
    await clock.advance(20_000);
    await stopped;
  });
  await first.start();
  await assert.rejects(second.start(), { code: 'TASKER_ENGINE_ALREADY_RUNNING' });
  await first.stop({ graceMs: 0 });
  await second.start();
  // The store's heavy reads are another thread's, which has its own time.
  await until(async () => {
    await clock.advance(1000);
    return taken.length > 0;
  });
});

test('a sink that never takes the last ones does not keep an engine from stopping', async (t) => {
  const never = defineSink({ name: 'never', metrics: () => new Promise<Delivery>(() => undefined) });
  const { tasker, clock } = await createTestTasker({ tasks: [checkout], sinks: [never] });
  await clock.advance(2000);
  let ended = false;
  const stopped = tasker.stop({ graceMs: 0 }).then(() => (ended = true));
  t.after(() => stopped);
  await clock.advance(1000);
  assert.equal(ended, false, 'they are worth a wait');
  await clock.advance(20_000);
  await stopped;
});
