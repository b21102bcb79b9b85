import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import {
  defineSubscriber,
  defineTask,
  type LoggedEvent,
  type SubscriberContext,
  type SubscriberDefinition,
} from '../../src/index.ts';
import { createTestTasker } from '../../src/testing/index.ts';
import { restartable } from '../support/restartable.ts';
import { sweeps } from '../support/sweeps.ts';
import { gate } from '../support/world.ts';

const day = 86_400_000;

const job = defineTask<{ fail?: boolean }>({
  name: 'job',
  step_templates: [
    {
      name: 'work',
      default_retryable: false,
      handler: ({ context }) => {
        if (context.fail === true) throw new Error('no');
        return {};
      },
    },
  ],
});

async function world(t: TestContext, subscriber: SubscriberDefinition) {
  const made = await createTestTasker({ tasks: [job], subscribers: [subscriber], retention: { days: 1 } });
  t.after(made.stop);
  const { tasker, clock, events } = made;
  const run = async (context: object = {}): Promise<void> => {
    await tasker.run({ name: 'job', context: { ...context } });
    await clock.advance(100);
  };
  /** The positions of all completions. */
  const completed = async (): Promise<readonly number[]> =>
    (await events()).filter((one) => one.name === 'task.completed').map(({ position }) => position);
  const parked = async (): Promise<readonly number[]> => (await tasker.parked()).events.map(({ position }) => position);
  return { ...made, run, completed, parked, state: () => tasker.subscriberState('count') };
}

/**
 * Counts completions; `broken`: cannot take any. Its replays wait at each event for the gate, if there is one. What it
 * follows is what its state has counted from.
 */
function counting(follows: '*' | 'task.completed' = '*') {
  const doing = { broken: false, waitsFor: null as Promise<void> | null };
  const subscriber = defineSubscriber<number>({
    name: 'count',
    startFrom: 'beginning',
    retries: { limit: 0 },
    timeoutMs: day,
    state: { initial: () => 0 },
    on: {
      [follows]: async (event: LoggedEvent, context: SubscriberContext<number>) => {
        if (context.replaying && doing.waitsFor !== null) await doing.waitsFor;
        if (event.name !== 'task.completed') return;
        if (doing.broken) throw new Error('not yet');
        context.state += 1;
      },
    },
  });
  return { doing, subscriber };
}

test('a parked event that is counted while a later replay is under way is not forgotten: the replay is refused at its end', async (t) => {
  const { doing, subscriber } = counting('task.completed');
  doing.broken = true;
  const { tasker, clock, run, state, completed } = await world(t, subscriber);
  await run();
  doing.broken = false;
  await run();
  await run();
  const [first, second] = await completed();
  const hang = gate();
  doing.waitsFor = hang.promise;
  const replay = tasker.replay('count', { from: { position: second ?? 0 } });
  const refused = assert.rejects(replay, { code: 'TASKER_REPLAY_REFUSED', message: /would forget those before/ });
  await clock.advance(10);
  assert.deepEqual((await tasker.retryParked('count')).settled, [first]);
  hang.open();
  await clock.advance(1000);
  await refused;
  assert.equal(await state(), 3);
});

test('retention waits for a replay as for a subscriber, so that it counts what the living one has counted', async (t) => {
  const { doing, subscriber } = counting();
  const { tasker, clock, run, state, completed } = await world(t, subscriber);
  // More than a replay reads at once.
  for (let count = 0; count < 250; count += 1) await run();
  assert.equal(await state(), 250);
  clock.jump(1.5 * day);
  const hang = gate();
  doing.waitsFor = hang.promise;
  const replay = tasker.replay('count', { from: 'beginning' });
  await clock.advance(700_000);
  assert.equal((await completed()).length, 250, 'a sweep has been there');
  hang.open();
  await clock.advance(10);
  await replay;
  assert.equal(await state(), 250);
  await sweeps(clock);
  assert.ok((await completed()).length < 250, 'it waits no longer');
});

test('a replay that retention has waited for in vain is refused at once, and its place is given up', async (t) => {
  const { doing, subscriber } = counting();
  const { tasker, clock, run, state, completed, events } = await world(t, subscriber);
  for (let count = 0; count < 250; count += 1) await run();
  clock.jump(1.9 * day);
  const hang = gate();
  doing.waitsFor = hang.promise;
  const replay = tasker.replay('count', { from: 'beginning' });
  const refused = assert.rejects(replay, { code: 'TASKER_REPLAY_REFUSED', message: /too old and were removed/ });
  await clock.advance(10);
  clock.jump(0.3 * day);
  await sweeps(clock);
  assert.ok((await completed()).length < 250);
  hang.open();
  await clock.advance(10);
  await refused;
  assert.equal(await state(), 250);
  assert.equal((await tasker.subscribers())[0]?.replay, null);
  const gaps = (await events()).filter(({ name }) => name === 'subscriber.events_removed');
  assert.deepEqual(gaps, [], 'the living one has missed nothing');
});

test('the place of a replay whose process is gone is given up by the next engine, whatever that runs itself', async (t) => {
  const engines = await restartable(t, [job]);
  await engines.start();
  const replay = { from: 1, reached: 0, to: 9, parked: 0 };
  const { progress } = await engines.storage().commitGroup(
    [],
    [
      { kind: 'register', subscriber: 'gone', checkpoint: 9, state: null },
      { kind: 'replaying', subscriber: 'gone', replay },
    ],
  );
  assert.deepEqual(
    progress.map(({ kind }) => kind),
    ['saved', 'saved'],
  );
  await engines.crash();
  await engines.start();
  assert.equal((await engines.storage().subscribers.list())[0]?.replay, null);
});

test('a replay from beyond what a subscriber has seen is refused, also with a reset: the checkpoint never jumps', async (t) => {
  let handled = 0;
  const { tasker, clock, run } = await world(
    t,
    defineSubscriber({ name: 'mail', on: { 'task.completed': () => void (handled += 1) } }),
  );
  await run();
  await clock.advance(2000);
  const last = await tasker.lastPosition();
  for (const reset of [false, true]) {
    await assert.rejects(tasker.replay('mail', { from: { position: last + 2 }, reset }), {
      code: 'TASKER_REPLAY_REFUSED',
      message: new RegExp(`has come to position ${last}; .*Replay from ${last + 1} or earlier`),
    });
  }
  await tasker.replay('mail', { from: { position: last + 1 } });
  await run();
  assert.equal(handled, 2);
});

test('a lagging subscriber is not replayed over what it has not seen', async (t) => {
  const hang = gate();
  const seen: number[] = [];
  const slow = defineSubscriber({
    name: 'slow',
    timeoutMs: day,
    on: {
      'task.completed': async (event, context) => {
        if (!context.replaying) await hang.promise;
        seen.push(event.position);
      },
    },
  });
  const { tasker, clock, run, completed } = await world(t, slow);
  await run();
  await run();
  const [, second] = await completed();
  const refused = assert.rejects(tasker.replay('slow', { from: { position: second ?? 0 } }), {
    code: 'TASKER_REPLAY_REFUSED',
  });
  hang.open();
  await clock.advance(1000);
  await refused;
  assert.deepEqual(seen, await completed());
});

test('what a replay cannot begin from is refused with what was expected and what came', async (t) => {
  const { subscriber } = counting();
  const { tasker, run, state } = await world(t, subscriber);
  await run();
  const froms = [undefined, null, 'now', 'yesterday', 5, {}, { position: Number.NaN }, { position: 2.5 }];
  const others = [{ position: -3 }, { position: 'x' }, { at: Number.NaN }, { at: 'soon' }, { position: 1, at: 1 }];
  for (const from of [...froms, ...others]) {
    await assert.rejects(tasker.replay('count', { from } as never), {
      code: 'TASKER_REQUEST_INVALID',
      message: /expects as 'from': 'beginning', \{ position: .* It was given /,
    });
  }
  const cases = [undefined, { from: 'beginning', reset: 'no' }, { from: 'beginning', onProgress: 1 }];
  for (const options of cases) {
    await assert.rejects(tasker.replay('count', options as never), { code: 'TASKER_REQUEST_INVALID' });
  }
  assert.equal(await state(), 1);
});

/** Cannot take the first event of a task while it is broken; the task's others wait behind it. */
function strict() {
  const doing = { broken: true, waitsFor: null as Promise<void> | null };
  const order: string[] = [];
  const subscriber = defineSubscriber({
    name: 'strict',
    onPark: 'hold-task',
    retries: { limit: 0 },
    timeoutMs: day,
    on: {
      'task.*': async (event, context) => {
        if (context.replaying && doing.waitsFor !== null) await doing.waitsFor;
        if (doing.broken && event.name === 'task.initialize_requested') throw new Error('not yet');
        order.push(event.name);
      },
    },
  });
  return { doing, subscriber, order };
}

test('with hold-task a replay from after a parked event lets the rest of its task wait too', async (t) => {
  const { doing, subscriber, order } = strict();
  const { tasker, run, parked } = await world(t, subscriber);
  await run();
  const before = await parked();
  await tasker.replay('strict', { from: { position: (before[0] ?? 0) + 1 }, deliver: true });
  assert.deepEqual([order, await parked()], [[], before]);
  doing.broken = false;
  await tasker.retryParked('strict');
  assert.deepEqual(order, ['task.initialize_requested', 'task.start_requested', 'task.completed']);
  assert.deepEqual(await parked(), []);
});

test('with hold-task a replay is refused if what its events wait behind was taken meanwhile: nothing is left waiting for ever', async (t) => {
  const { doing, subscriber } = strict();
  const { tasker, clock, run, parked } = await world(t, subscriber);
  await run();
  doing.broken = false;
  await run();
  const [first] = await parked();
  const hang = gate();
  doing.waitsFor = hang.promise;
  const replay = tasker.replay('strict', { from: { position: (first ?? 0) + 1 } });
  const refused = assert.rejects(replay, { code: 'TASKER_REPLAY_REFUSED', message: /waits behind was retried/ });
  await clock.advance(10);
  await tasker.retryParked('strict');
  hang.open();
  await clock.advance(1000);
  await refused;
  assert.deepEqual(await parked(), []);
});
