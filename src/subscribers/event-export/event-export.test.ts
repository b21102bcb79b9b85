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
  const warnings: string[] = [];
  let closed = 0;
  const sink: Sink = defineSink({
    name: 'kept',
    async logs(records) {
      // The first that it does not take is its answer for all: the others come again.
      for (const record of records) {
        const said = await answer(record);
        if (said.kind !== 'delivered') return said;
      }
      taken.push(...records);
      return { kind: 'delivered' };
    },
    async close() {
      closed += 1;
    },
  });
  const tasker = await createTasker(
    { storage: { kind: 'memory' }, tasks: [checkout], sinks: [sink] },
    { clock, random: seededRandom(3), env: {}, onWarning: (message) => void warnings.push(message) },
  );
  await tasker.start();
  const stop = async (): Promise<void> => {
    const stopped = tasker.stop({ graceMs: 0 });
    await clock.advance(20_000);
    await stopped;
  };
  t.after(stop);
  const run = async () => (await tasker.run({ name: 'checkout', context: { tier: 'gold', card: '4711' } })).wait();
  return { clock, tasker, taken, run, stop, warnings, closed: () => closed };
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

test('what the sink rejects, or throws at, is dropped, on record and told; what follows goes on', async (t) => {
  let broken = true;
  const { clock, tasker, taken, run, warnings } = await exporting(t, (record) => {
    if (!broken || record.eventName !== 'task.completed') return yes;
    return { kind: 'rejected', reason: 'too large' };
  });
  await run();
  await clock.advance(2000);
  broken = false;
  await run();
  await clock.advance(2000);
  const { events } = await tasker.events({ names: ['sink.dropped'] });
  assert.equal(events.length, 1);
  assert.deepEqual(
    Object.entries(events[0]?.payload ?? {}).filter(([key]) => key !== 'dropped'),
    [
      ['sink', 'kept'],
      ['signal', 'logs'],
      ['reason', 'too large'],
    ],
  );
  assert.match(warnings.join('\n'), /Sink 'kept' did not take \d+ of its logs, which are dropped: too large/);
  assert.ok(taken.some(({ eventName }) => eventName === 'task.completed'));
  assert.ok(!taken.some(({ eventName }) => eventName === 'sink.dropped'), 'that it fails is no news to itself');
  assert.equal((await tasker.parked('event-export.kept')).total, 0);
});

test('that a sink fails, and is back, is on record once each; another sink hears of it', async (t) => {
  let refusals = 5;
  const heard: string[] = [];
  const clock = new FakeClock();
  const weak = defineSink({
    name: 'weak',
    logs: async () => ((refusals -= 1) >= 0 ? { kind: 'retryable', reason: 'busy' } : yes),
  });
  const strong = defineSink({
    name: 'strong',
    logs: async (records) => {
      heard.push(...records.map(({ eventName }) => eventName));
      return yes;
    },
  });
  const tasker = await createTasker(
    { storage: { kind: 'memory' }, tasks: [checkout], sinks: [weak, strong] },
    { clock, random: seededRandom(3), env: {}, onWarning: () => undefined },
  );
  t.after(async () => {
    const stopped = tasker.stop({ graceMs: 0 });
    await clock.advance(20_000);
    await stopped;
  });
  await tasker.start();
  await clock.advance(60_000);
  const { events } = await tasker.events();
  const facts = events.filter(({ name }) => name.startsWith('sink.')).map(({ name }) => name);
  assert.deepEqual(facts, ['sink.failing', 'sink.recovered']);
  assert.deepEqual(
    heard.filter((name) => name.startsWith('sink.')),
    facts,
  );
});

test('a sink that never answers holds up no workflow; after its time what it was given is dropped', async (t) => {
  const { clock, tasker, run } = await exporting(t, (record) =>
    record.eventName === 'worker.started' ? new Promise(() => undefined) : yes,
  );
  assert.equal((await run()).status, 'complete');
  await clock.advance(899_000);
  const dropped = async () => (await tasker.events({ names: ['sink.dropped'] })).events.length;
  assert.equal(await dropped(), 0);
  await clock.advance(3000);
  assert.equal(await dropped(), 1);
});
