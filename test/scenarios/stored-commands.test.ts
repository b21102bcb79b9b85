import assert from 'node:assert/strict';
import { test } from 'node:test';

import { defineTask, TaskerError } from '../../src/index.ts';
import type { StoredCommand } from '../../src/execution/command-inbox.ts';
import type { Storage } from '../../src/execution/storage.ts';
import { restartable } from '../support/restartable.ts';
import { rest } from '../support/world.ts';

/** A task whose first attempt ends with its engine; `called` gets each call of the handler. */
function payment(called: number[]) {
  return defineTask({
    name: 'payment',
    step_templates: [
      {
        name: 'pay',
        handler: ({ attempt, signal }) => {
          called.push(attempt);
          if (attempt > 1) return attempt;
          return new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error));
          });
        },
      },
    ],
  });
}

const key = { name: 'payment', context: {}, idempotencyKey: 'order-1' };

/** As another process does it that stops waiting at once. */
async function leave(storage: Storage, id: string, command: Pick<StoredCommand, 'kind' | 'taskId' | 'body'>) {
  await storage.commands.submit({ id, ...command, requestedAt: 0 });
  await storage.commands.leave(id);
}

const cancel = (taskId: string) => ({ kind: 'cancel' as const, taskId, body: { by: 'ada', why: 'changed her mind' } });

const retry = (taskId: string) => ({ kind: 'retry' as const, taskId, body: { by: 'ada', why: 'again' } });

test('at start, what was asked while no engine ran comes before any handler', async (t) => {
  const called: number[] = [];
  const engines = await restartable(t, [payment(called)]);
  const { id } = await (await engines.start()).run(key);
  await rest();
  assert.deepEqual(called, [1]);
  const note = {
    kind: 'annotate' as const,
    taskId: id,
    body: { by: 'ada', why: '', annotation: { key: 'k', value: 1 } },
  };
  await leave(engines.storage(), 'c0', note);
  await leave(engines.storage(), 'c1', cancel(id));
  // It has not polled: as if both had come when it was gone.
  await engines.crash();
  const next = await engines.start();
  assert.equal((await next.wait(id)).status, 'cancelled');
  await engines.clock.advance(10_000);
  assert.deepEqual(called, [1]);
  assert.deepEqual(
    (await next.get(id)).annotations.map((one) => [one.key, one.value]),
    [['k', 1]],
  );
});

test('so does the last of many that were asked', async (t) => {
  const called: number[] = [];
  const engines = await restartable(t, [payment(called)]);
  const { id } = await (await engines.start()).run(key);
  await rest();
  for (let n = 0; n < 250; n += 1) await leave(engines.storage(), `other-${n}`, cancel(`other-${n}`));
  await leave(engines.storage(), 'c1', cancel(id));
  await engines.crash();
  const next = await engines.start();
  assert.equal((await next.wait(id)).status, 'cancelled');
  await engines.clock.advance(10_000);
  assert.deepEqual(called, [1]);
});

test('so does what was asked last of one task, however much was asked of it before', async (t) => {
  const called: number[] = [];
  const engines = await restartable(t, [payment(called)]);
  const { id } = await (await engines.start()).run(key);
  await rest();
  for (let n = 0; n < 120; n += 1) await leave(engines.storage(), `retry-${n}`, retry(id));
  await leave(engines.storage(), 'c1', cancel(id));
  await engines.crash();
  const next = await engines.start();
  const created = await next.run({ name: 'payment', context: {} });
  assert.equal((await next.wait(id)).status, 'cancelled');
  await engines.clock.advance(10_000);
  assert.deepEqual(called, [1, 1], 'the second call is of the task that came after the start');
  assert.equal((await next.get(created.id)).status, 'in_progress');
});

for (const when of ['at start', 'while it runs'] as const) {
  test(`what was asked after many requests that cannot be carried out now is carried out, ${when}`, async (t) => {
    const called: number[] = [];
    const engines = await restartable(t, [payment(called)]);
    const first = await engines.start();
    const { id } = await first.run(key);
    await rest();
    const ask = async (): Promise<void> => {
      for (let n = 0; n < 350; n += 1) await leave(engines.storage(), `stuck-${n}`, cancel('stuck'));
      await leave(engines.storage(), 'c1', cancel(id));
    };
    if (when === 'at start') await ask();
    await engines.crash();
    let away = true;
    const unavailable = new TaskerError('TASKER_STORAGE_UNAVAILABLE', 'away');
    await engines.start({
      wrapStorage: (storage) => ({
        ...storage,
        queue: {
          takeDue: (...query) => storage.queue.takeDue(...query),
          takeOverdue: (...query) => storage.queue.takeOverdue(...query),
          takeOne: (taskId) =>
            taskId === 'stuck' && away ? Promise.reject(unavailable) : storage.queue.takeOne(taskId),
          nextAt: () => storage.queue.nextAt(),
          watch: (onNews) => storage.queue.watch(onNews),
        },
      }),
    });
    if (when === 'while it runs') await ask();
    await engines.clock.advance(2000);
    assert.notEqual(await engines.storage().commands.outcome('c1'), null);
    if (when === 'at start') assert.deepEqual(called, [1], 'before any step');
    assert.equal((await engines.storage().commands.pending(500)).length, 350, 'the others stay');
    away = false;
    await engines.clock.advance(10_000);
    assert.deepEqual(await engines.storage().commands.pending(500), [], 'and have their turn again');
  });
}

test('an engine for its own tasks carries out what was asked of a task before it takes it up', async (t) => {
  const called: number[] = [];
  const engines = await restartable(t, [payment(called)]);
  const { id } = await (await engines.start()).run(key);
  await rest();
  await leave(engines.storage(), 'c1', cancel(id));
  await engines.crash();
  const own = await engines.start({ advance: 'own' });
  await engines.clock.advance(1000);
  const again = await own.run(key);
  assert.equal(again.id, id);
  assert.equal((await again.wait()).status, 'cancelled');
  assert.deepEqual(called, [1]);
});

test('however much else was asked of that task, or waits for an engine', async (t) => {
  const called: number[] = [];
  const engines = await restartable(t, [payment(called)]);
  const { id } = await (await engines.start()).run(key);
  await rest();
  for (let n = 0; n < 120; n += 1) await leave(engines.storage(), `retry-${n}`, retry(id));
  const run = { kind: 'run' as const, taskId: null, body: { name: 'payment', context: {} } };
  for (let n = 0; n < 120; n += 1) await engines.storage().commands.submit({ id: `run-${n}`, ...run, requestedAt: 0 });
  await leave(engines.storage(), 'c1', cancel(id));
  await engines.crash();
  const own = await engines.start({ advance: 'own' });
  const again = await own.run(key);
  assert.equal((await again.wait()).status, 'cancelled');
  assert.deepEqual(called, [1]);
});

test('an engine for its own tasks keeps a request that was stored for later, and refuses one whose sender waits', async (t) => {
  const engines = await restartable(t, [payment([])]);
  await engines.start({ advance: 'own' });
  const stored = engines.storage();
  const run = { kind: 'run' as const, taskId: null, body: { name: 'payment', context: {} } };
  await leave(stored, 'stored', run);
  await stored.commands.submit({ id: 'awaited', ...run, requestedAt: 0 });
  await engines.clock.advance(1000);
  assert.equal(await stored.commands.outcome('stored'), null);
  const refused = await stored.commands.outcome('awaited');
  assert.equal(refused?.kind === 'refused' && refused.code, 'TASKER_ENGINE_OCCUPIED');
  await engines.crash();
  const next = await engines.start();
  await engines.clock.advance(1000);
  assert.equal((await next.list()).tasks.length, 1);
  assert.equal((await engines.storage().commands.outcome('stored'))?.kind, 'applied');
});

test('what waits for other engines does not keep an engine from its own tasks', async (t) => {
  const engines = await restartable(t, [payment([])]);
  const own = await engines.start({ advance: 'own' });
  for (let n = 0; n < 150; n += 1) await leave(engines.storage(), `other-${n}`, cancel(`other-${n}`));
  const { id } = await own.run(key);
  await leave(engines.storage(), 'c1', cancel(id));
  await engines.clock.advance(1000);
  assert.equal((await own.get(id)).status, 'cancelled');
  assert.equal((await engines.storage().commands.pending(200)).length, 150);
});

test('a request that no engine came to is gone on with, not made twice', async (t) => {
  const engines = await restartable(t, [payment([])]);
  const own = await engines.start({ advance: 'own' });
  await leave(engines.storage(), 'c1', { kind: 'run', taskId: null, body: key });
  const handle = await own.run(key, { commandId: 'c1' });
  assert.deepEqual(await engines.storage().commands.outcome('c1'), { kind: 'applied', taskId: handle.id });
  const again = await own.run({ name: 'payment', context: {} }, { commandId: 'c1' });
  assert.equal(again.id, handle.id);
  assert.equal((await own.list()).tasks.length, 1);
});
