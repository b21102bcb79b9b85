import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { createTasker } from './create-tasker.ts';
import { defineSink, defineTask, type Delivery } from './index.ts';
import type { MetricFamily } from './signals/metric.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { seededRandom } from './testing/seeded-random.ts';

const checkout = defineTask({ name: 'checkout', step_templates: [{ name: 'pay', handler: () => ({}) }] });

async function pushing(t: TestContext, answer: () => Delivery) {
  const clock = new FakeClock();
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
  const tasker = await createTasker(
    { storage: { kind: 'memory' }, tasks: [checkout], sinks: [sink] },
    { clock, random: seededRandom(3), env: {}, onWarning: () => undefined },
  );
  await tasker.start();
  const stop = async (): Promise<void> => {
    const stopped = tasker.stop({ graceMs: 0 });
    await clock.advance(20_000);
    await stopped;
  };
  t.after(stop);
  const latest = (name: string): number | undefined =>
    taken
      .at(-1)
      ?.find((family) => family.name === name)
      ?.series.reduce((all, { value }) => all + value, 0);
  return {
    clock,
    tasker,
    taken,
    stop,
    latest,
    run: async () => (await tasker.run({ name: 'checkout', context: {} })).wait(),
  };
}

test('a sink that takes metrics is given all there are every so often, and once more at the end', async (t) => {
  const { clock, taken, run, latest, stop } = await pushing(t, () => ({ kind: 'delivered' }));
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
