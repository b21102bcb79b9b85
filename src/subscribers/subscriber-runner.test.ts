import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';

import { EventDirectory } from '../events/event-directory.ts';
import { openSqlite } from '../storage/sqlite/open-sqlite.ts';
import { creation, event, worker } from '../testing/contracts/fixtures.ts';
import { FakeClock, rest } from '../testing/fake-clock.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { defineSubscriber } from './define-subscriber.ts';
import { resolveSubscribers } from './resolve-subscriber.ts';
import { SharedReader } from './shared-reader.ts';
import { SubscriberRunner } from './subscriber-runner.ts';
import type { Progress } from './subscriber-store.ts';

test('waiting for events leaves nothing behind, however often it is woken', async (t) => {
  const storage = await openSqlite({ file: ':memory:', maxBytes: null });
  t.after(() => storage.close());
  await storage.workers.join(worker, () => []);
  const clock = new FakeClock();
  const seen: number[] = [];
  const on = { 'task.start_requested': ({ position }: { position: number }) => void seen.push(position) };
  const [subscriber] = resolveSubscribers(
    [defineSubscriber({ name: 'seeing', startFrom: 'beginning', on })],
    new EventDirectory(),
  );
  assert.ok(subscriber !== undefined);
  const runner = new SubscriberRunner(subscriber, {
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
    reader: new SharedReader(storage.log, ['task.start_requested']),
    clock,
    random: seededRandom(1),
    onProblem: (error) => assert.fail(String(error)),
  });
  await runner.start();
  for (let n = 0; n < 20; n += 1) {
    const events = [event(`of-${n}`)];
    await storage.tasks.commit([creation(`task-${n}`, { events, release: { dueAt: null, deadlineAt: null } })]);
    runner.wake();
    await rest();
  }
  assert.equal(seen.length, 20);
  assert.ok(getEventListeners(runner.stopSignal, 'abort').length <= 1);
  const stopped = runner.stop(0);
  await clock.advance(1);
  await stopped;
});
