import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { createTasker, defineSubscriber, defineTask, type SubscriberDefinition, TaskerError } from '../../src/index.ts';
import type { Storage } from '../../src/execution/storage.ts';
import type { TaskerSurroundings } from '../../src/create-tasker.ts';
import { FakeClock, rest } from '../../src/testing/fake-clock.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { gate } from '../support/world.ts';

const sale = defineTask({
  name: 'sale',
  handler_config: { business_context: ['value'] },
  step_templates: [
    { name: 'pay', handler: () => ({}) },
    { name: 'send', depends_on_step: 'pay', handler: () => ({}) },
  ],
});

/** An engine in memory with these subscribers; `sell` runs one task to its end and lets the subscribers see it. */
async function shop(
  t: TestContext,
  subscribers: readonly SubscriberDefinition[],
  around: Partial<TaskerSurroundings> = {},
) {
  const clock = new FakeClock();
  const warnings: string[] = [];
  let storage: Storage | undefined;
  const tasker = await createTasker(
    { storage: { kind: 'memory' }, tasks: [sale], subscribers },
    {
      clock,
      random: seededRandom(3),
      env: {},
      onWarning: (message) => void warnings.push(message),
      ...around,
      wrapStorage: (opened) => (storage = around.wrapStorage?.(opened) ?? opened),
    },
  );
  await tasker.start();
  t.after(async () => {
    const stopped = tasker.stop({ graceMs: 0 });
    await clock.advance(10_000);
    await stopped;
  });
  const sell = async (value: number): Promise<string> => {
    const handle = await tasker.run({ name: 'sale', context: { value } });
    await handle.wait();
    await clock.advance(20);
    return handle.id;
  };
  const state = async (name: string): Promise<unknown> =>
    JSON.parse((await storage?.subscribers.load(name))?.state ?? 'null');
  const names = async (): Promise<readonly string[]> =>
    (await tasker.events({ limit: 10_000 })).events.map((e) => e.name);
  return { tasker, clock, warnings, sell, state, names };
}

interface Sums {
  readonly count: number;
  readonly sum: number;
}

/** Counts and sums completed sales; fails at the values told. */
function sums(name: string, failsAt: Set<number> = new Set(), more: object = {}): SubscriberDefinition {
  return defineSubscriber<Sums>({
    name,
    retries: { limit: 2, baseMs: 100 },
    state: { initial: () => ({ count: 0, sum: 0 }) },
    on: {
      'task.completed': (event, context) => {
        const value = Number(event.business?.['value']);
        context.state = { count: context.state.count + 1, sum: context.state.sum + value };
        if (failsAt.has(value)) throw new TypeError(`cannot take ${value}`);
      },
    },
    ...more,
  });
}

test("a subscriber sees a task's events in their order, with their payloads, from now on", async (t) => {
  const seen: string[] = [];
  const { sell } = await shop(t, [
    defineSubscriber({
      name: 'seer',
      on: { 'task.*': (event) => seen.push(event.name), 'step.completed': (event) => seen.push(`${event.step}`) },
    }),
  ]);
  await sell(1);
  assert.deepEqual(seen, ['task.initialize_requested', 'task.start_requested', 'pay', 'send', 'task.completed']);
});

test('checkpoint and state are saved together, and what is not wanted moves the checkpoint within a second', async (t) => {
  const { sell, state, tasker, clock } = await shop(t, [sums('sales')]);
  await sell(5);
  await sell(7);
  assert.deepEqual(await state('sales'), { count: 2, sum: 12 });
  await clock.advance(2000);
  const [status] = await tasker.subscribers();
  assert.deepEqual(
    [status?.name, status?.checkpoint, status?.lag, status?.parked, status?.stateBytes, status?.status],
    ['sales', await tasker.lastPosition(), 0, 0, 20, 'following'],
  );
});

test('an event that fails too often is parked with its error, on record without its message, and the next goes on', async (t) => {
  const failsAt = new Set([7]);
  const { sell, state, tasker, clock } = await shop(t, [sums('sales', failsAt)]);
  await sell(5);
  await sell(7);
  await sell(9);
  assert.deepEqual(await state('sales'), { count: 1, sum: 5 }, 'it is tried again first');
  await clock.advance(1000);
  assert.deepEqual(await state('sales'), { count: 2, sum: 14 }, 'what the failing handler had set is forgotten');
  const [parked] = (await tasker.parked('sales')).events;
  assert.deepEqual([parked?.attempts, parked?.error?.type, parked?.error?.message], [3, 'TypeError', 'cannot take 7']);
  const { events } = await tasker.events({ names: ['subscriber.event_parked'] });
  assert.deepEqual(
    events.map(({ payload }) => payload),
    [
      {
        subscriber: 'sales',
        position: parked?.position,
        event: 'task.completed',
        task: parked?.taskId,
        attempts: 3,
        error: { type: 'TypeError' },
      },
    ],
  );

  const again = tasker.retryParked('sales');
  await clock.advance(1000);
  assert.deepEqual(await again, { settled: [], failed: [parked?.position], gone: [] });
  assert.equal((await tasker.parked()).events[0]?.attempts, 6);
  failsAt.clear();
  assert.deepEqual(await tasker.retryParked('sales', parked?.position), {
    settled: [parked?.position],
    failed: [],
    gone: [],
  });
  assert.deepEqual(await state('sales'), { count: 3, sum: 21 });
  assert.deepEqual((await tasker.parked()).events, []);
  await assert.rejects(tasker.retryParked('sales', 1), { code: 'TASKER_PARKED_EVENT_NOT_FOUND' });
});

test('a parked event can be dropped: it is never counted', async (t) => {
  const { sell, state, tasker, clock } = await shop(t, [sums('sales', new Set([7]))]);
  await sell(7);
  await clock.advance(1000);
  assert.equal((await tasker.parked()).events.length, 1);
  await tasker.dropParked('sales');
  assert.deepEqual((await tasker.parked()).events, []);
  assert.deepEqual(await state('sales'), { count: 0, sum: 0 });
});

test("with hold-task a task's later events wait in order behind the parked one; other tasks go on", async (t) => {
  let broken = true;
  const seen: string[] = [];
  const { sell, tasker, clock } = await shop(t, [
    defineSubscriber({
      name: 'strict',
      onPark: 'hold-task',
      retries: { limit: 0 },
      on: {
        'step.completed': (event) => {
          if (broken && event.step === 'pay' && event.business?.['value'] === 1) throw new Error('no');
          seen.push(`${Number(event.business?.['value'])} ${event.step}`);
        },
        'task.completed': (event) => seen.push(`${Number(event.business?.['value'])} done`),
      },
    }),
  ]);
  await sell(1);
  await sell(2);
  assert.deepEqual(seen, ['2 pay', '2 send', '2 done']);
  const parked = (await tasker.parked('strict')).events;
  assert.deepEqual(
    parked.map(({ eventName, attempts }) => `${eventName} ${attempts}`),
    ['step.completed 1', 'step.completed 0', 'task.completed 0'],
  );
  await assert.rejects(tasker.retryParked('strict', parked[1]?.position), /waits behind event/);
  broken = false;
  await tasker.retryParked('strict', parked[0]?.position);
  assert.deepEqual(seen.slice(3), ['1 pay', '1 send', '1 done']);
  assert.deepEqual((await tasker.parked()).events, []);
  await clock.advance(1000);
});

test('what waits behind a dropped event is handled', async (t) => {
  const seen: string[] = [];
  const { sell, tasker } = await shop(t, [
    defineSubscriber({
      name: 'strict',
      onPark: 'hold-task',
      retries: { limit: 0 },
      on: {
        'step.completed': (event) => {
          if (event.step === 'pay') throw new Error('no');
          seen.push(`${event.step}`);
        },
        'task.completed': () => seen.push('done'),
      },
    }),
  ]);
  await sell(1);
  const [first] = (await tasker.parked()).events;
  await tasker.dropParked('strict', first?.position);
  assert.deepEqual([seen, (await tasker.parked()).events], [['send', 'done'], []]);
});

test('subscribers that throw, reject, never settle or wait delay neither workflows nor each other', async (t) => {
  const hang = gate();
  const { sell, state, tasker, clock } = await shop(t, [
    defineSubscriber({
      name: 'throws',
      on: {
        '*': () => {
          throw new Error('no');
        },
      },
    }),
    defineSubscriber({ name: 'rejects', on: { '*': () => Promise.reject(new Error('no')) } }),
    defineSubscriber({ name: 'hangs', timeoutMs: 60_000, on: { '*': () => hang.promise } }),
    sums('sales'),
  ]);
  for (const value of [1, 2, 3]) await sell(value);
  assert.deepEqual(await state('sales'), { count: 3, sum: 6 });
  const { tasks } = await tasker.list();
  assert.deepEqual(
    tasks.map(({ status }) => status),
    ['complete', 'complete', 'complete'],
  );
  hang.open();
  await clock.advance(60_000);
});

test('a handler that does not settle in time has failed, is told by its signal, and can set nothing any more', async (t) => {
  const hang = gate();
  let signal: AbortSignal | undefined;
  let late: unknown;
  const { sell, state, tasker, clock } = await shop(t, [
    defineSubscriber({
      name: 'slow',
      timeoutMs: 500,
      retries: { limit: 0 },
      state: { initial: () => 0 },
      on: {
        'task.completed': async (_event, context) => {
          signal = context.signal;
          context.state = 1;
          await hang.promise;
          try {
            context.state = 2;
          } catch (error) {
            late = error;
          }
        },
      },
    }),
  ]);
  await sell(1);
  assert.equal(signal?.aborted, false);
  await clock.advance(600);
  assert.equal(signal?.aborted, true);
  hang.open();
  await rest();
  assert.match(String(late), /time of this handler is up/);
  assert.equal(await state('slow'), 0);
  assert.equal((await tasker.parked()).events[0]?.error?.type, 'TimeoutError');
});

test('lag beyond the limit is on record once, and so is the recovery', async (t) => {
  const hang = gate();
  const { sell, names, tasker, clock } = await shop(t, [
    defineSubscriber({ name: 'slow', lagLimit: 20, timeoutMs: 60_000, on: { 'task.completed': () => hang.promise } }),
  ]);
  for (const value of [1, 2, 3, 4]) await sell(value);
  await clock.advance(3000);
  assert.deepEqual(
    (await names()).filter((name) => name.startsWith('subscriber.')),
    ['subscriber.lagged'],
  );
  assert.equal((await tasker.subscribers())[0]?.status, 'lagged');
  hang.open();
  await clock.advance(3000);
  assert.deepEqual(
    (await names()).filter((name) => name.startsWith('subscriber.')),
    ['subscriber.lagged', 'subscriber.recovered'],
  );
  assert.equal((await tasker.subscribers())[0]?.status, 'following');
});

test('a fact about a subscriber is never delivered to it, but to the others', async (t) => {
  const seen: string[] = [];
  const follow = (name: string): SubscriberDefinition =>
    defineSubscriber({
      name,
      retries: { limit: 0 },
      on: {
        'task.completed': () => {
          throw new Error('no');
        },
        'subscriber.*': (event) => seen.push(`${name} hears of ${event.payload.subscriber}`),
      },
    });
  const { sell } = await shop(t, [follow('a'), follow('b')]);
  await sell(1);
  assert.deepEqual(seen.toSorted(), ['a hears of b', 'b hears of a']);
});

test('a store that takes nothing for a while costs no event and counts none twice', async (t) => {
  let refusing = false;
  const refuse = (storage: Storage): Storage => ({
    ...storage,
    async commitGroup(changes, progress) {
      if (refusing) throw new TaskerError('TASKER_STORAGE_FULL', 'the disk is full');
      return storage.commitGroup(changes, progress);
    },
  });
  const { sell, state, clock } = await shop(t, [sums('sales')], { wrapStorage: refuse });
  await sell(1);
  refusing = true;
  await sell(2);
  assert.deepEqual(await state('sales'), { count: 1, sum: 1 });
  refusing = false;
  await clock.advance(3000);
  assert.deepEqual(await state('sales'), { count: 2, sum: 3 });
});

test('effects outside the process are not repeated for a retry, and are muted on a replay unless asked for', async (t) => {
  const mails: string[] = [];
  let failures = 1;
  const { sell, tasker } = await shop(t, [
    defineSubscriber({
      name: 'mailer',
      retries: { limit: 1, baseMs: 1 },
      on: {
        'task.completed': async (event, context) => {
          await context.effect('mail', () => mails.push(`${event.position}${context.replaying ? ' again' : ''}`));
          if ((failures -= 1) >= 0) throw new Error('after the mail');
        },
      },
    }),
  ]);
  await sell(1);
  assert.equal(mails.length, 1);
  await tasker.replay('mailer', { from: 'beginning' });
  assert.equal(mails.length, 1);
  await tasker.replay('mailer', { from: 'beginning', deliver: true });
  assert.deepEqual(mails[1], `${mails[0]} again`);
});

test('a replay that would forget events the state has counted is refused, unless the state is to begin anew', async (t) => {
  const { sell, state, tasker } = await shop(t, [sums('sales')]);
  await sell(1);
  const between = (await tasker.lastPosition()) + 1;
  await sell(2);
  await assert.rejects(tasker.replay('sales', { from: { position: between } }), { code: 'TASKER_REPLAY_REFUSED' });
  assert.deepEqual(await state('sales'), { count: 2, sum: 3 });
  const progress: number[] = [];
  await tasker.replay('sales', {
    from: { position: between },
    reset: true,
    onProgress: ({ reached }) => progress.push(reached),
  });
  assert.deepEqual(await state('sales'), { count: 1, sum: 2 });
  assert.equal(progress.at(-1), await tasker.lastPosition());
  await tasker.replay('sales', { from: 'beginning' });
  assert.deepEqual(await state('sales'), { count: 2, sum: 3 });
  await sell(4);
  assert.deepEqual(await state('sales'), { count: 3, sum: 7 }, 'the living one goes on where the replay ended');
});

test('a replay hands parked events to the handler again', async (t) => {
  const failsAt = new Set([7]);
  const { sell, state, tasker, clock } = await shop(t, [sums('sales', failsAt)]);
  await sell(7);
  await clock.advance(1000);
  assert.equal((await tasker.parked()).events.length, 1);
  failsAt.clear();
  await tasker.replay('sales', { from: 'beginning' });
  assert.deepEqual([(await tasker.parked()).events, await state('sales')], [[], { count: 1, sum: 7 }]);
});

test('an unknown subscriber is named with those that there are', async (t) => {
  const { tasker } = await shop(t, [sums('sales')]);
  await assert.rejects(tasker.replay('sale', { from: 'beginning' }), {
    code: 'TASKER_SUBSCRIBER_NOT_FOUND',
    message: /it has sales/,
  });
});
