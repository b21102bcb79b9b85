import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { defineSubscriber, defineTask, type SubscriberDefinition } from '../../src/index.ts';
import { createTestTasker } from '../../src/testing/index.ts';
import { sweeps } from '../support/sweeps.ts';

const day = 86_400_000;

const job = defineTask<{ fail?: boolean; wait?: boolean }>({
  name: 'job',
  step_templates: [
    {
      name: 'work',
      default_retryable: false,
      handler_config: { monitoring: { stall_seconds: 86_400 * 365 } },
      handler: ({ context }) => {
        if (context.fail === true) throw new Error('no');
        return context.wait === true ? new Promise(() => undefined) : {};
      },
    },
  ],
});

/** Days are long on a clock that stops at every poll: it jumps over most of them, and over what lies between sweeps. */
async function world(t: TestContext, options: { subscribers?: readonly SubscriberDefinition[] } = {}) {
  const made = await createTestTasker({
    tasks: [job],
    ...(options.subscribers !== undefined && { subscribers: options.subscribers }),
  });
  t.after(made.stop);
  const { tasker, clock } = made;
  const run = async (context: object = {}, key?: string): Promise<string> => {
    const { id } = await tasker.run({
      name: 'job',
      context: { ...context },
      ...(key !== undefined && { idempotencyKey: key }),
    });
    await clock.advance(100);
    return id;
  };
  const later = async (days: number): Promise<void> => {
    clock.jump(days * day);
    await sweeps(clock);
  };
  const ids = async (): Promise<readonly string[]> => (await tasker.list()).tasks.map(({ id }) => id).toSorted();
  return { ...made, run, later, ids };
}

test('finished tasks and their events go after thirty days; open and failed ones stay', async (t) => {
  const { tasker, run, later, ids, events } = await world(t);
  const done = await run();
  const cancelled = await run({ wait: true });
  await tasker.cancel(cancelled);
  const failed = await run({ fail: true });
  const open = await run({ wait: true });
  await later(29);
  assert.equal((await ids()).length, 4);
  await later(2);
  assert.deepEqual(await ids(), [failed, open].toSorted());
  await assert.rejects(tasker.get(done), { code: 'TASKER_TASK_NOT_FOUND' });
  assert.deepEqual([await events(done), await events(cancelled)], [[], []]);
  assert.ok((await events(failed)).length > 0);
});

test('positions are never given again', async (t) => {
  const { tasker, run, later } = await world(t);
  await run();
  const last = await tasker.lastPosition();
  await later(31);
  assert.equal(await tasker.lastPosition(), last, 'the last event stays, and its task with it');
  await run();
  assert.ok((await tasker.lastPosition()) > last);
  await later(31);
  assert.equal((await tasker.list()).tasks.length, 1);
});

test('what was kept by its idempotency key may come again once it is gone', async (t) => {
  const { run, later } = await world(t);
  const first = await run({}, 'order-1');
  assert.equal(await run({}, 'order-1'), first);
  await run();
  await later(31);
  assert.notEqual(await run({}, 'order-1'), first);
});

test('more than a batch goes in several, and the sweep begins anew', async (t) => {
  const { run, later, ids } = await world(t);
  for (let count = 0; count < 230; count += 1) await run();
  await later(31);
  assert.equal((await ids()).length, 1, 'all but the one with the last event');
});

test('a subscriber that has not got so far is waited for, up to twice the time; then what it misses is a fact', async (t) => {
  const stuck = defineSubscriber({
    name: 'stuck',
    timeoutMs: 86_400_000,
    retries: { limit: 100, baseMs: 3_600_000, maxMs: 3_600_000 },
    on: {
      'task.completed': () => {
        throw new Error('not today');
      },
    },
  });
  const { run, later, ids, events, tasker } = await world(t, { subscribers: [stuck] });
  const done = await run();
  await run({ fail: true });
  await later(31);
  assert.ok((await ids()).includes(done), 'it waits');
  await later(31);
  assert.ok(!(await ids()).includes(done));
  const [gap] = (await events()).filter(({ name }) => name === 'subscriber.events_removed');
  assert.ok(gap !== undefined);
  const { subscriber, tasks } = gap.payload as { subscriber: string; tasks: number };
  assert.deepEqual([subscriber, tasks], ['stuck', 1]);
  assert.equal((await tasker.subscribers())[0]?.name, 'stuck');
});

test('what is parked is waited for as long, also what belongs to no task; then it goes, and who lost what is a fact', async (t) => {
  let broken = true;
  const refusing = defineSubscriber({
    name: 'refusing',
    startFrom: 'beginning',
    retries: { limit: 0 },
    on: {
      'worker.started': () => {
        throw new Error('never');
      },
      'task.completed': () => {
        if (broken) throw new Error('not today');
      },
    },
  });
  const other = defineSubscriber({ name: 'other', on: { 'task.completed': () => undefined } });
  const { run, later, ids, events, tasker } = await world(t, { subscribers: [refusing, other] });
  const first = await run();
  broken = false;
  const second = await run();
  await run({ fail: true });
  const parked = (await tasker.parked()).events.map(({ position, eventName }) => [position, eventName] as const);
  const [[start] = [], [completion] = []] = parked;
  assert.deepEqual(parked, [
    [start, 'worker.started'],
    [completion, 'task.completed'],
  ]);
  await later(31);
  const inLog = (await events()).map(({ position }) => position);
  assert.ok(inLog.includes(start ?? 0) && inLog.includes(completion ?? 0), 'both wait');
  assert.deepEqual([(await ids()).includes(first), (await ids()).includes(second)], [true, false]);
  await later(31);
  assert.ok(!(await ids()).includes(first));
  assert.deepEqual((await tasker.parked()).events, []);
  const gaps = (await events()).filter(({ name }) => name === 'subscriber.events_removed');
  assert.deepEqual(
    gaps.map(({ payload }) => {
      const { checkpoint: _, ...rest } = payload as { checkpoint: number };
      return rest;
    }),
    [{ subscriber: 'refusing', removedUpTo: completion, tasks: 1, events: 2, parked: 2 }],
  );
});

test('a subscriber that has nothing to handle holds nothing up', async (t) => {
  const idle = defineSubscriber({ name: 'idle', on: { 'worker.lost': () => undefined } });
  const { run, later, ids, events } = await world(t, { subscribers: [idle] });
  await run();
  await run({ fail: true });
  await later(31);
  assert.equal((await ids()).length, 1);
  await later(31);
  assert.ok(!(await events()).some(({ name }) => name === 'subscriber.events_removed'));
});

test('a replay that would forget what was removed is refused without a reset', async (t) => {
  const sums = defineSubscriber<{ count: number }>({
    name: 'sums',
    startFrom: 'beginning',
    state: { initial: () => ({ count: 0 }) },
    on: { 'task.completed': (_event, context) => void (context.state = { count: context.state.count + 1 }) },
  });
  const { run, later, tasker, clock } = await world(t, { subscribers: [sums] });
  await run();
  await run();
  await clock.advance(1000);
  await later(31);
  await run();
  await clock.advance(1000);
  assert.deepEqual(await tasker.subscriberState('sums'), { count: 3 });
  await assert.rejects(tasker.replay('sums', { from: 'beginning' }), {
    code: 'TASKER_REPLAY_REFUSED',
    message: /some have been removed since/,
  });
  await tasker.replay('sums', { from: 'beginning', reset: true });
  assert.deepEqual(await tasker.subscriberState('sums'), { count: 2 });
});

test('without retention everything stays', async (t) => {
  const made = await createTestTasker({ tasks: [job], retention: false });
  t.after(made.stop);
  await made.tasker.run({ name: 'job', context: {} });
  await made.clock.advance(100);
  await made.tasker.run({ name: 'job', context: {} });
  made.clock.jump(400 * day);
  await sweeps(made.clock);
  assert.equal((await made.tasker.list()).tasks.length, 2);
});
