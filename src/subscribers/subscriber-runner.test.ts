import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';

import { EventDirectory } from '../events/event-directory.ts';
import { openSqlite } from '../storage/sqlite/open-sqlite.ts';
import { worker } from '../testing/contracts/fixtures.ts';
import { FakeClock, rest } from '../testing/fake-clock.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { defineSubscriber } from './define-subscriber.ts';
import { resolveSubscribers } from './resolve-subscriber.ts';
import { SharedReader } from './shared-reader.ts';
import { SubscriberRunner } from './subscriber-runner.ts';
import type { Progress } from './subscriber-store.ts';

test('waiting leaves nothing behind, however often a subscriber has waited', async (t) => {
  const storage = await openSqlite({ file: ':memory:', maxBytes: null });
  t.after(() => storage.close());
  await storage.workers.join(worker, () => []);
  const clock = new FakeClock();
  const idle = defineSubscriber({ name: 'idle', on: { 'task.completed': () => undefined } });
  const [subscriber] = resolveSubscribers([idle], new EventDirectory());
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
    reader: new SharedReader(storage.log, [...subscriber.handlers.keys()]),
    clock,
    random: seededRandom(1),
    onProblem: (error) => assert.fail(String(error)),
  });
  await runner.start();
  await rest();
  const listeners = (): number => getEventListeners(runner.stopSignal, 'abort').length;
  const before = listeners();
  for (let wakes = 0; wakes < 20; wakes += 1) {
    runner.wake();
    await rest();
  }
  assert.equal(listeners(), before);
  const stopped = runner.stop(1000);
  await clock.advance(2000);
  await stopped;
});
