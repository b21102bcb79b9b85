import assert from 'node:assert/strict';
import { test } from 'node:test';

import { defineTask, RetryableError, TaskerError } from '../../src/index.ts';
import type { Storage } from '../../src/execution/storage.ts';
import { gate, rest, world } from '../support/world.ts';

/** A store whose next writes fail as a full disk does. */
function troubled() {
  let failures = 0;
  let unreadable = 0;
  return {
    hide: (times: number) => {
      unreadable = times;
    },
    fail: (times: number) => {
      failures = times;
    },
    wrap: (storage: Storage): Storage => ({
      ...storage,
      tasks: {
        async load(taskId) {
          if (unreadable > 0) {
            unreadable -= 1;
            throw new TaskerError('TASKER_STORAGE_UNAVAILABLE', 'the disk does not answer');
          }
          return storage.tasks.load(taskId);
        },
        async commit(changes) {
          if (failures > 0) {
            failures -= 1;
            throw new TaskerError('TASKER_STORAGE_FULL', 'the disk is full');
          }
          return storage.tasks.commit(changes);
        },
      },
    }),
  };
}

function payment() {
  const hold = gate<number>();
  let calls = 0;
  const task = defineTask({
    name: 'payment',
    step_templates: [
      {
        name: 'pay',
        handler_config: { monitoring: { stall_seconds: 3600 } },
        handler: () => {
          calls += 1;
          return hold.promise;
        },
      },
    ],
  });
  return { task, hold, calls: () => calls };
}

test('a task that cannot be written is refused to its caller, and nothing of it stays', async (t) => {
  const store = troubled();
  const { task, calls } = payment();
  const { tasker } = await world(t, [task], { surroundings: { wrapStorage: store.wrap } });
  store.fail(1);
  await assert.rejects(tasker.run({ name: 'payment', context: {} }), { code: 'TASKER_STORAGE_FULL' });
  assert.deepEqual((await tasker.list()).tasks, []);
  assert.deepEqual(
    [calls(), tasker.status().tasksInMemory, tasker.status().lastStorageError],
    [0, 0, 'the disk is full'],
  );
  await tasker.run({ name: 'payment', context: {} });
  assert.equal(calls(), 1, 'the slot of the refused one was free again');
});

test('an outcome that cannot be written yet is kept and written once the store takes it, once', async (t) => {
  const store = troubled();
  const { task, hold, calls } = payment();
  const { tasker, clock, story } = await world(t, [task], { surroundings: { wrapStorage: store.wrap } });
  const handle = await tasker.run({ name: 'payment', context: {} });
  await rest();
  store.fail(3);
  hold.open(5);
  await rest();
  assert.equal((await tasker.get(handle.id)).status, 'in_progress');
  await clock.advance(10_000);
  assert.equal((await handle.wait()).status, 'complete');
  assert.equal(calls(), 1, 'the handler was not called again');
  assert.deepEqual((await story(handle.id)).slice(2), [
    'step.execution_requested pay#1',
    'step.completed pay#1',
    'task.completed',
  ]);
});

test('a task that could be neither read nor given back is taken up once the store answers again', async (t) => {
  const store = troubled();
  const { task, hold } = payment();
  const { tasker, clock } = await world(t, [task], {
    surroundings: { wrapStorage: store.wrap },
    limits: { tasksInMemory: 1 },
  });
  const first = await tasker.run({ name: 'payment', context: {} });
  const second = await tasker.run({ name: 'payment', context: {} });
  await rest();
  hold.open(5);
  await first.wait();
  store.hide(1);
  store.fail(3);
  await clock.advance(120_000);
  assert.equal((await tasker.get(second.id)).status, 'complete');
});

test("an operator's action that cannot be written is refused to the operator and not carried out later", async (t) => {
  const store = troubled();
  const { task, hold } = payment();
  const { tasker, clock } = await world(t, [task], { surroundings: { wrapStorage: store.wrap } });
  const handle = await tasker.run({ name: 'payment', context: {} });
  await rest();
  store.fail(1);
  await assert.rejects(tasker.cancel(handle.id), { code: 'TASKER_STORAGE_FULL' });
  await clock.advance(10_000);
  assert.equal((await tasker.get(handle.id)).status, 'in_progress');
  hold.open(1);
  assert.equal((await handle.wait()).status, 'complete');
});

test('one change that the store cannot write does not disturb the others', async (t) => {
  const broken = new Set<string>();
  const { task } = payment();
  const quick = defineTask({ name: 'quick', step_templates: [{ name: 'go', handler: () => 1 }] });
  const { tasker } = await world(t, [task, quick], {
    surroundings: {
      wrapStorage: (storage) => ({
        ...storage,
        tasks: {
          load: (taskId) => storage.tasks.load(taskId),
          async commit(changes) {
            const good = changes.filter((change) => change.create?.idempotencyKey !== 'broken');
            const results = await storage.tasks.commit(good);
            let next = 0;
            return changes.map((change) => {
              if (good.includes(change)) return results[next++] ?? { kind: 'lease_lost' };
              broken.add(change.taskId);
              return { kind: 'failed', error: new TaskerError('TASKER_INTERNAL', 'this one is broken') };
            });
          },
        },
      }),
    },
  });
  const [bad, good] = await Promise.allSettled([
    tasker.run({ name: 'quick', context: {}, idempotencyKey: 'broken' }),
    tasker.run({ name: 'quick', context: {} }).then((handle) => handle.wait()),
  ]);
  assert.equal(bad?.status, 'rejected');
  assert.ok(good?.status === 'fulfilled' && good.value.status === 'complete');
  assert.equal(broken.size, 1);
});

test('a wait that ends while its change is still being written is not forgotten', async (t) => {
  const flaky = defineTask({
    name: 'flaky',
    step_templates: [
      {
        name: 'pay',
        handler: ({ attempt }) => {
          if (attempt === 1) throw new RetryableError('at once', { retryAfterMs: 10 });
          return attempt;
        },
      },
    ],
  });
  const slow = { afterWrite: async (): Promise<void> => undefined };
  const { tasker, clock } = await world(t, [flaky], {
    surroundings: {
      wrapStorage: (storage) => ({
        ...storage,
        tasks: {
          load: (taskId) => storage.tasks.load(taskId),
          async commit(changes) {
            const results = await storage.tasks.commit(changes);
            if (changes.some((change) => change.events.some((event) => event.name === 'step.retry_requested'))) {
              await slow.afterWrite();
            }
            return results;
          },
        },
      }),
    },
  });
  slow.afterWrite = () => clock.advance(50);
  const handle = await tasker.run({ name: 'flaky', context: {} });
  // The write takes longer than the wait: let it come to its end, and time go on a little.
  for (let turn = 0; turn < 5; turn += 1) await clock.advance(1);
  assert.equal((await handle.wait()).status, 'complete');
});

test('results of a refused resolve are not seen by later steps', async (t) => {
  const store = troubled();
  const seen: unknown[] = [];
  const order = defineTask({
    name: 'order',
    step_templates: [
      {
        name: 'pay',
        skippable: true,
        default_retryable: false,
        handler: () => {
          throw new Error('no');
        },
      },
      {
        name: 'ship',
        depends_on_step: 'pay',
        handler: ({ results }) => {
          seen.push(results);
        },
      },
      { name: 'hold', handler: () => new Promise(() => undefined) },
    ],
  });
  const { tasker, clock } = await world(t, [order], { surroundings: { wrapStorage: store.wrap } });
  const handle = await tasker.run({ name: 'order', context: {} });
  await rest();
  store.fail(1);
  await assert.rejects(tasker.resolve(handle.id, { step: 'pay', results: { paid: 100 } }), {
    code: 'TASKER_STORAGE_FULL',
  });
  await clock.advance(1000);
  await tasker.skip(handle.id, { step: 'pay' });
  await clock.advance(1000);
  assert.deepEqual(seen, [{}]);
});

test("an operator's words are checked, and do not take others' inputs down", async (t) => {
  const { task, hold } = payment();
  const { tasker } = await world(t, [task]);
  const handle = await tasker.run({ name: 'payment', context: {} });
  const wrong = JSON.parse('{ "by": 10 }') as { by: string };
  await assert.rejects(tasker.cancel(handle.id, wrong), { code: 'TASKER_REQUEST_INVALID', message: /by/ });
  hold.open(1);
  assert.equal((await handle.wait()).status, 'complete');
});
