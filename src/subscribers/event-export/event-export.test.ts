import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { defineSink, defineTask, type Delivery, type LogRecord, type Sink } from '../../index.ts';
import { seededRandom } from '../../testing/seeded-random.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { createTasker } from '../../create-tasker.ts';

const checkout = defineTask({
  name: 'checkout',
  handler_config: { business_context: ['tier'] },
  step_templates: [{ name: 'pay', handler: () => ({ secret: 1 }) }],
});

/** A tasker that exports to a sink which answers as the test says. */
async function exporting(t: TestContext, answer: (record: LogRecord) => Delivery | Promise<Delivery>) {
  const clock = new FakeClock();
  const taken: LogRecord[] = [];
  let closed = 0;
  const sink: Sink = defineSink({
    name: 'kept',
    async logs([record]) {
      assert.ok(record !== undefined);
      const said = await answer(record);
      if (said.kind === 'delivered') taken.push(record);
      return said;
    },
    async close() {
      closed += 1;
    },
  });
  const tasker = await createTasker(
    { storage: { kind: 'memory' }, tasks: [checkout], sinks: [sink] },
    { clock, random: seededRandom(3), env: {} },
  );
  await tasker.start();
  const stop = async (): Promise<void> => {
    const stopped = tasker.stop({ graceMs: 0 });
    await clock.advance(20_000);
    await stopped;
  };
  t.after(stop);
  const run = async () => (await tasker.run({ name: 'checkout', context: { tier: 'gold', card: '4711' } })).wait();
  return { clock, tasker, taken, run, stop, closed: () => closed };
}

const yes: Delivery = { kind: 'delivered' };

test('every fact becomes one log record, in order, from the beginning of the log on', async (t) => {
  const { clock, tasker, taken, run, stop, closed } = await exporting(t, () => yes);
  const { id } = await run();
  await clock.advance(2000);
  const { events } = await tasker.events();
  assert.deepEqual(
    taken.map(({ eventName, attributes }) => [attributes['tasker.event.position'], eventName]),
    events.map(({ position, name }) => [position, name]),
  );
  assert.equal(taken[0]?.eventName, 'worker.started');
  const completed = taken.find(({ eventName }) => eventName === 'task.completed');
  assert.equal(completed?.severity, 'info');
  assert.match(completed.traceId ?? '', /^[0-9a-f]{32}$/);
  assert.equal(completed.attributes['tasker.task.id'], id);
  assert.deepEqual(completed.attributes['tasker.business'], { tier: 'gold' });
  assert.ok(!JSON.stringify(taken).includes('4711') && !JSON.stringify(taken).includes('secret'));
  await stop();
  assert.equal(closed(), 1);
});

test('what the sink cannot take now is offered again when it asks for it, and nothing overtakes it', async (t) => {
  let refusals = 3;
  const offered: number[] = [];
  const { clock, taken, run } = await exporting(t, (record) => {
    if (record.eventName !== 'task.completed') return yes;
    offered.push(clock.now());
    return (refusals -= 1) >= 0 ? { kind: 'retryable', reason: 'busy', afterMs: 7000 } : yes;
  });
  await run();
  await run();
  await clock.advance(60_000);
  const [first = 0, ...later] = offered;
  assert.deepEqual(
    later.slice(0, 3).map((at) => at - first),
    [7000, 14_000, 21_000],
  );
  const positions = taken.map(({ attributes }) => Number(attributes['tasker.event.position']));
  assert.deepEqual(
    positions,
    positions.toSorted((one, other) => one - other),
  );
  assert.equal(taken.filter(({ eventName }) => eventName === 'task.completed').length, 2);
});

test('what the sink rejects, or throws at, is parked with the reason, and an operator can offer it again', async (t) => {
  let broken = true;
  const { clock, tasker, taken, run } = await exporting(t, (record) => {
    if (!broken) return yes;
    if (record.eventName === 'task.completed') return { kind: 'rejected', reason: 'too large' };
    if (record.eventName === 'step.completed') throw new TypeError('a defect');
    return yes;
  });
  await run();
  await clock.advance(2000);
  const parked = await tasker.parked('event-export.kept');
  assert.deepEqual(
    parked.map(({ eventName, error }) => [eventName, error?.message]),
    [
      ['step.completed', "Sink 'kept' did not take the event: it threw TypeError."],
      ['task.completed', "Sink 'kept' did not take the event: too large."],
    ],
  );
  broken = false;
  await tasker.retryParked('event-export.kept');
  assert.ok(taken.some(({ eventName }) => eventName === 'task.completed'));
  assert.deepEqual(await tasker.parked('event-export.kept'), []);
});

test('a sink that never answers holds up no workflow; after its time the event is parked', async (t) => {
  const { clock, tasker, run } = await exporting(t, (record) =>
    record.eventName === 'worker.started' ? new Promise(() => undefined) : yes,
  );
  assert.equal((await run()).status, 'complete');
  await clock.advance(899_000);
  assert.deepEqual(await tasker.parked('event-export.kept'), []);
  await clock.advance(2000);
  assert.deepEqual(
    (await tasker.parked('event-export.kept')).map(({ eventName }) => eventName),
    ['worker.started'],
  );
});
