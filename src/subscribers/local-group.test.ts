import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';

import { EventDirectory } from '../events/event-directory.ts';
import type { Storage } from '../execution/storage.ts';
import { openSqlite } from '../storage/sqlite/open-sqlite.ts';
import { creation, event, worker } from '../testing/contracts/fixtures.ts';
import { FakeClock, rest } from '../testing/fake-clock.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { defineSubscriber, type SubscriberDefinition } from './define-subscriber.ts';
import { LocalGroup } from './local-group.ts';
import { resolveSubscribers } from './resolve-subscriber.ts';
import type { Progress } from './subscriber-store.ts';

function groupOf(storage: Storage, clock: FakeClock, definition: SubscriberDefinition): LocalGroup {
  return new LocalGroup(resolveSubscribers([definition], new EventDirectory()), {
    store: storage.subscribers,
    writer: {
      async save(progress: Progress) {
        const [result] = (await storage.commitGroup([], [progress])).progress;
        assert.ok(result !== undefined);
        return result;
      },
    },
    log: storage.log,
    removedUpTo: () => storage.retention.removedUpTo(),
    clock,
    random: seededRandom(1),
    onProblem: (error) => assert.fail(String(error)),
  });
}

test('however often it is woken, it keeps nothing of having waited', async (t) => {
  const storage = await openSqlite({ file: ':memory:', maxBytes: null });
  t.after(() => storage.close());
  await storage.workers.join(worker, () => []);
  const clock = new FakeClock();
  let stop: AbortSignal | undefined;
  const input = {
    name: 'sending',
    startFrom: 'beginning' as const,
    on: { '*': (_event: unknown, context: { collect(items: readonly unknown[]): void }) => context.collect([1]) },
    deliverBatch: async (_items: readonly unknown[], signal: AbortSignal) => {
      stop = signal;
      return true;
    },
  };
  const group = groupOf(storage, clock, defineSubscriber(input as never));
  await group.start();
  await storage.tasks.commit([creation('a', { events: [event('of-a')], release: { dueAt: null, deadlineAt: null } })]);
  for (let count = 0; count < 20; count += 1) {
    group.wake();
    await rest();
  }
  assert.ok(stop !== undefined);
  assert.ok(getEventListeners(stop, 'abort').length <= 1);
  const stopped = group.stop();
  await clock.advance(3000);
  await stopped;
});

test('what is handled and not saved yet is still needed: old events must not go before it is saved', async (t) => {
  const storage = await openSqlite({ file: ':memory:', maxBytes: null });
  t.after(() => storage.close());
  await storage.workers.join(worker, () => []);
  const clock = new FakeClock();
  const counting = defineSubscriber({
    name: 'counting',
    startFrom: 'beginning',
    saveEveryMs: 60_000,
    state: { initial: () => 0 },
    on: { 'task.start_requested': (_event, context) => void (context.state += 1) },
  });
  const group = groupOf(storage, clock, counting);
  const record = async (id: string): Promise<void> => {
    await storage.tasks.commit([
      creation(id, { events: [event(`of-${id}`)], release: { dueAt: null, deadlineAt: null } }),
    ]);
    group.wake();
    await rest();
  };
  await group.start();
  await record('a');
  await record('b');
  const standing = group.standing('counting');
  assert.deepEqual([standing?.position, standing?.settledPosition], [2, standing?.checkpoint]);
  assert.ok((standing?.checkpoint ?? 2) < 2, 'the second is kept in memory');
  await clock.advance(60_000);
  group.look();
  await rest();
  assert.equal(group.standing('counting')?.settledPosition, 2);
  assert.equal((await storage.subscribers.load('counting'))?.state, '2');
  const stopped = group.stop();
  await clock.advance(3000);
  await stopped;
});

test('a replay that is given up handles no further event, though its page has more', async (t) => {
  const storage = await openSqlite({ file: ':memory:', maxBytes: null });
  t.after(() => storage.close());
  await storage.workers.join(worker, () => []);
  const clock = new FakeClock();
  const handled: number[] = [];
  const second = Promise.withResolvers<void>();
  const group = groupOf(
    storage,
    clock,
    defineSubscriber({
      name: 'slow',
      startFrom: 'beginning',
      on: {
        'task.start_requested': ({ position }, { replaying }) => {
          if (!replaying) return undefined;
          handled.push(position);
          return handled.length === 2 ? second.promise : undefined;
        },
      },
    }),
  );
  const events = Array.from({ length: 9 }, (_unused, n) => event(`of-${n}`));
  await storage.tasks.commit([creation('a', { events, release: { dueAt: null, deadlineAt: null } })]);
  await group.start();
  await rest();
  const replay = assert.rejects(group.replay('slow', { from: 'beginning' }), { code: 'TASKER_ENGINE_NOT_RUNNING' });
  while (handled.length < 2) await rest();
  group.abortReplays();
  second.resolve();
  await replay;
  assert.deepEqual(handled, [1, 2]);
  const stopped = group.stop();
  await clock.advance(3000);
  await stopped;
});
