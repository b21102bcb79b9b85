import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { EventDirectory } from '../events/event-directory.ts';
import type { LoggedEvent } from '../events/envelope.ts';
import type { EachDraft } from '../log/append.ts';
import { TaskerError } from '../shared/errors.ts';
import { openSqlite } from '../storage/sqlite/open-sqlite.ts';
import { creation, event, worker } from '../testing/contracts/fixtures.ts';
import { FakeClock, rest } from '../testing/fake-clock.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import type { BuiltInContext, Tick } from './built-in-abilities.ts';
import { defineSubscriber } from './define-subscriber.ts';
import { LocalGroup } from './local-group.ts';
import { resolveSubscribers } from './resolve-subscriber.ts';
import type { Progress, ProgressResult } from './subscriber-store.ts';

interface Counted {
  seen: number;
  ticks: number;
}

interface Given extends Partial<Tick> {
  readonly saveEveryMs?: number;
  readonly on?: (event: LoggedEvent, context: BuiltInContext) => void;
  /** Instead of saving. */
  readonly save?: (progress: Progress) => ProgressResult | null;
}

const lost = (pid: number): EachDraft => ({
  name: 'worker.lost',
  occurredAt: 1,
  payload: { worker: 'w', pid, host: 'h', startedAt: 1, tasksHeld: 0 },
});

/** A subscriber with a state that is changed in place, over a log in memory. */
async function following(t: TestContext, { saveEveryMs = 0, everyMs = 1000, act, onReady, on, save }: Given) {
  const storage = await openSqlite({ file: ':memory:', maxBytes: null });
  t.after(() => storage.close());
  await storage.workers.join(worker, () => []);
  const clock = new FakeClock();
  const began = clock.now();
  const problems: string[] = [];
  const saved: Progress[] = [];
  const ticks: number[] = [];
  const input = {
    name: 'ticking',
    startFrom: 'beginning' as const,
    saveEveryMs,
    retries: { limit: 0 },
    state: { initial: (): Counted => ({ seen: 0, ticks: 0 }) },
    on: {
      '*': (one: LoggedEvent, context: BuiltInContext) => {
        (context.state as Counted).seen += 1;
        on?.(one, context);
      },
    },
    codec: { encode: (state: Counted) => ({ ...state }), decode: (stored: unknown) => ({ ...(stored as Counted) }) },
    tick: {
      everyMs,
      act: (state: Counted, nowMs: number, context: Parameters<Tick['act']>[2]) => {
        ticks.push(nowMs - began);
        state.ticks += 1;
        return act?.(state as never, nowMs, context);
      },
      ...(onReady !== undefined && { onReady }),
    },
  };
  const definition = defineSubscriber(input as unknown as Parameters<typeof defineSubscriber>[0]);
  const group = new LocalGroup(resolveSubscribers([definition], new EventDirectory()), {
    store: storage.subscribers,
    writer: {
      async save(progress) {
        saved.push(progress);
        const instead = save?.(progress) ?? null;
        if (instead !== null) return instead;
        const [result] = (await storage.commitGroup([], [progress])).progress;
        assert.ok(result !== undefined);
        return result;
      },
    },
    log: storage.log,
    removedUpTo: () => storage.retention.removedUpTo(),
    clock,
    random: seededRandom(1),
    onProblem: (error) => void problems.push(error instanceof Error ? error.message : String(error)),
  });
  let number = 0;
  const append = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) {
      const id = `task-${(number += 1)}`;
      await storage.tasks.commit([
        creation(id, { events: [event(`of-${id}`)], release: { dueAt: null, deadlineAt: null } }),
      ]);
    }
    group.wake();
  };
  const stop = async (): Promise<void> => {
    const stopped = group.stop();
    await clock.advance(3000);
    await stopped;
  };
  t.after(stop);
  await group.start();
  await rest();
  const stored = async (): Promise<unknown> =>
    JSON.parse((await storage.subscribers.load('ticking'))?.state ?? 'null') as unknown;
  const names = async (): Promise<string[]> =>
    (await storage.log.read({ after: 0, limit: 1000 })).events.map(({ name }) => name);
  return { storage, clock, group, problems, saved, ticks, append, stop, stored, names };
}

test('a subscriber that waits for time is called though nothing happens, no more often than it wants', async (t) => {
  const { clock, ticks } = await following(t, { everyMs: 1000 });
  await clock.advance(3500);
  assert.deepEqual(ticks, [0, 1000, 2000, 3000]);
});

test('it is not called once it is to stop', async (t) => {
  const { clock, ticks, stop } = await following(t, {});
  await stop();
  await clock.advance(10_000);
  assert.deepEqual(ticks, [0]);
});

test('while the log comes faster than it can be read in a page, it is still called, as of when the log was looked at', async (t) => {
  const counted: number[] = [];
  let more: () => Promise<void> = async () => undefined;
  const world = await following(t, {
    everyMs: 100,
    act(state: Counted) {
      counted.push(state.seen);
      return false;
    },
    // What is committed while others are handled.
    on: (one) => void (one.position % 3 === 0 && one.position < 60 && void more()),
  });
  more = () => world.append(3);
  await world.append(3);
  await world.clock.advance(2000);
  assert.ok(world.ticks.length >= 20, `${world.ticks.length} ticks`);
  assert.equal(counted.at(-1), (await world.names()).length);
});

test('far behind, it is not called before the log is read to its end', async (t) => {
  const counted: number[] = [];
  const { append, clock, storage } = await following(t, {
    everyMs: 50,
    act(state: Counted) {
      counted.push(state.seen);
      return false;
    },
  });
  await append(1300);
  await clock.advance(100);
  const end = await storage.log.lastPosition();
  assert.deepEqual([...new Set(counted)], [0, end]);
});

test('what it takes too long to reach is no end of the log any more', async (t) => {
  const world = await following(t, { everyMs: 100, on: () => world.clock.jump(5000) });
  world.clock.jump(150);
  await world.append(1);
  await rest();
  assert.deepEqual(world.ticks, [0, 5150], 'not as of 150, which was five seconds ago when it came there');
});

test('what a tick has changed is saved when it is due, at once with facts, and not if it says that nothing was', async (t) => {
  let say: 'nothing' | 'something' | 'a fact' = 'something';
  const world = await following(t, {
    saveEveryMs: 60_000,
    act(state: Counted, _nowMs, { record }) {
      if (say === 'nothing') state.ticks -= 1;
      if (say === 'a fact') record([lost(state.ticks)]);
      return say === 'nothing' ? false : undefined;
    },
  });
  const saves = (): number => world.saved.filter(({ kind }) => kind === 'advance').length;
  assert.equal(saves(), 1, 'the first is due');
  await world.clock.advance(2000);
  assert.equal(saves(), 1);
  say = 'a fact';
  await world.clock.advance(1000);
  assert.equal(saves(), 2);
  assert.deepEqual(await world.stored(), { seen: 0, ticks: 4 });
  assert.deepEqual(await world.names(), ['worker.lost']);
  say = 'nothing';
  await world.clock.advance(120_000);
  const { length } = world.saved;
  await world.clock.advance(120_000);
  assert.equal(world.saved.length, length);
});

test('a tick that throws is told of once, forgets what it did, and is tried again; then it is told of anew', async (t) => {
  let broken = true;
  const world = await following(t, {
    act() {
      if (broken) throw new Error('a flaw');
    },
  });
  await world.clock.advance(3000);
  assert.deepEqual(world.problems, ['a flaw']);
  assert.match(world.group.standing('ticking')?.trouble ?? '', /a flaw/);
  await world.append(1);
  await rest();
  assert.equal((await world.storage.subscribers.load('ticking'))?.checkpoint, 1, 'events go on');
  broken = false;
  await world.clock.advance(1000);
  assert.equal(world.group.standing('ticking')?.trouble, null);
  assert.deepEqual(await world.stored(), { seen: 1, ticks: 1 });
  broken = true;
  await world.clock.advance(1000);
  assert.deepEqual(world.problems, ['a flaw', 'a flaw']);
});

for (const failure of ['stale', 'failed'] as const)
  test(`a tick whose save is ${failure} leaves neither facts nor state, and nobody is told that it was saved`, async (t) => {
    let refuse = true;
    let told = 0;
    const error = new TaskerError('TASKER_INTERNAL', 'refused');
    const world = await following(t, {
      act(_state, _nowMs, { record, afterSave }) {
        record([lost(1)]);
        afterSave(() => void (told += 1));
        return undefined;
      },
      save: ({ kind }) =>
        !refuse || kind !== 'advance' ? null : failure === 'stale' ? { kind: 'stale' } : { kind: 'failed', error },
    });
    assert.deepEqual(await world.names(), []);
    assert.equal(told, 0);
    refuse = false;
    await world.clock.advance(2000);
    assert.equal((await world.names()).length, told);
    const { ticks } = (await world.stored()) as Counted;
    assert.equal(ticks, told, 'those that were not saved are not counted');
  });

test('whoever asks to be called soon does not wait for its time', async (t) => {
  let callSoon = (): void => undefined;
  const { ticks, clock } = await following(t, { everyMs: 60_000, onReady: (call) => void (callSoon = call) });
  await clock.advance(10);
  callSoon();
  await rest();
  assert.deepEqual(ticks, [0, 10]);
});

test('what handlers record is saved at once with what they have counted, however seldom else is saved', async (t) => {
  const world = await following(t, {
    saveEveryMs: 60_000,
    act: () => false,
    on(one, context) {
      if (one.name === 'worker.lost') return;
      context.record([lost(one.position)]);
    },
  });
  await world.append(1);
  await rest();
  await world.append(1);
  await rest();
  assert.deepEqual((await world.names()).filter((name) => name === 'worker.lost').length, 2);
});

test('what a failing handler has recorded is forgotten', async (t) => {
  const world = await following(t, {
    on(one, context) {
      if (one.name !== 'task.start_requested') return;
      context.record([lost(one.position)]);
      throw new Error('after that');
    },
  });
  await world.append(1);
  await rest();
  assert.ok(!(await world.names()).includes('worker.lost'));
  assert.ok((await world.names()).includes('subscriber.event_parked'));
});
