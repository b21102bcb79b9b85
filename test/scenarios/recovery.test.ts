import assert from 'node:assert/strict';
import { test } from 'node:test';

import Database from 'better-sqlite3';

import { createTasker, defineTask } from '../../src/index.ts';
import { rest } from '../../src/testing/fake-clock.ts';
import { firstSaveFails } from '../support/first-save-fails.ts';
import { restartable } from '../support/restartable.ts';
import { gate } from '../support/world.ts';

const beginning = ['task.initialize_requested', 'task.start_requested', 'step.execution_requested pay#1'];

/** Hangs until told; counts the attempts it was called for. */
function payment({ retryable = true } = {}) {
  const attempts: number[] = [];
  let release = gate<string>();
  const task = defineTask({
    name: 'payment',
    step_templates: [
      {
        name: 'pay',
        default_retryable: retryable,
        handler_config: { monitoring: { stall_seconds: 3600 } },
        handler: ({ attempt }) => {
          attempts.push(attempt);
          return release.promise;
        },
      },
    ],
  });
  return {
    task,
    attempts,
    open: () => release.open('paid'),
    renew: () => {
      release = gate<string>();
    },
  };
}

test('an attempt that was lost with its worker is recorded as lost and tried again by the next engine', async (t) => {
  const { task, attempts, open } = payment();
  const engines = await restartable(t, [task]);
  const first = await engines.start();
  const { id } = await first.run({ name: 'payment', context: {} });
  await rest();
  await engines.crash();
  const second = await engines.start();
  await rest();
  open();
  assert.equal((await second.wait(id)).status, 'complete');
  assert.deepEqual(attempts, [1, 2]);
  assert.deepEqual(await engines.story(second), [
    'worker.started',
    ...beginning,
    'worker.lost',
    'worker.started',
    'step.failed pay#1 worker_lost/no',
    'step.retry_requested pay#1 worker_lost',
    'step.execution_requested pay#2',
    'step.completed pay#2',
    'task.completed',
  ]);
});

test('a lost attempt of a step that may not be retried waits for an operator: its outcome is unknown', async (t) => {
  const { task, attempts } = payment({ retryable: false });
  const engines = await restartable(t, [task]);
  const { id } = await (await engines.start()).run({ name: 'payment', context: {} });
  await rest();
  await engines.crash();
  const second = await engines.start();
  const ended = await second.wait(id);
  assert.equal(ended.status, 'error');
  assert.equal(ended.steps[0]?.failure?.final, 'outcome_unknown');
  assert.deepEqual(attempts, [1], 'it was not run again');
  assert.deepEqual((await engines.story(second, id)).slice(3), [
    'step.failed pay#1 worker_lost/outcome_unknown',
    'task.failed',
  ]);
});

test('lost attempts spend a limit of five of their own, not the retry limit', async (t) => {
  const { task, attempts } = payment();
  const engines = await restartable(t, [task]);
  const { id } = await (await engines.start()).run({ name: 'payment', context: {} });
  await rest();
  for (let loss = 1; loss < 5; loss += 1) {
    await engines.crash();
    await engines.start();
    await rest();
  }
  await engines.crash();
  const last = await engines.start();
  const ended = await last.wait(id);
  assert.equal(ended.status, 'error');
  assert.deepEqual(attempts, [1, 2, 3, 4, 5]);
  assert.deepEqual((await engines.story(last, id)).slice(-2), [
    'step.failed pay#5 worker_lost/exhausted',
    'task.failed',
  ]);
});

test('deadlines survive the engine: an SLA that ran out while nobody was there is recorded by the next', async (t) => {
  const hold = gate();
  const slow = defineTask({
    name: 'slow',
    handler_config: { monitoring: { sla_seconds: 60 } },
    step_templates: [
      {
        name: 'pay',
        handler_config: { monitoring: { sla_seconds: 30, stall_seconds: 3600 } },
        handler: () => hold.promise,
      },
    ],
  });
  const engines = await restartable(t, [slow]);
  const { id } = await (await engines.start()).run({ name: 'slow', context: {} });
  await rest();
  await engines.crash();
  await engines.clock.advance(45_000);
  const second = await engines.start();
  await rest();
  await engines.clock.advance(15_000);
  hold.open();
  await second.wait(id);
  const story = await engines.story(second, id);
  assert.deepEqual(story.slice(3), [
    'step.sla_breached pay#1',
    'step.failed pay#1 worker_lost/no',
    'step.retry_requested pay#1 worker_lost',
    'step.execution_requested pay#2',
    'task.sla_breached',
    'step.completed pay#2',
    'task.completed',
  ]);
});

test('a graceful stop lets running handlers end within their grace', async (t) => {
  const { task, open } = payment();
  const engines = await restartable(t, [task]);
  const first = await engines.start();
  const { id } = await first.run({ name: 'payment', context: {} });
  await rest();
  const stopped = first.stop({ graceMs: 5000 });
  await rest();
  open();
  await stopped;
  const second = await engines.start();
  assert.equal((await second.wait(id)).status, 'complete');
  assert.deepEqual(await engines.story(second), [
    'worker.started',
    ...beginning,
    'step.completed pay#1',
    'task.completed',
    'worker.stopped',
    'worker.started',
  ]);
});

test('a handler that outlasts the grace is aborted and its attempt given back, at no cost to any limit', async (t) => {
  const { task, attempts, open } = payment();
  const engines = await restartable(t, [task]);
  const first = await engines.start();
  const { id } = await first.run({ name: 'payment', context: {} });
  await rest();
  const stopped = first.stop({ graceMs: 5000 });
  await engines.clock.advance(5000);
  await stopped;
  const second = await engines.start();
  await rest();
  open();
  const ended = await second.wait(id);
  assert.equal(ended.status, 'complete');
  assert.deepEqual(attempts, [1, 2]);
  assert.deepEqual(await engines.story(second), [
    'worker.started',
    ...beginning,
    'step.failed pay#1 worker_lost/no',
    'step.retry_requested pay#1 worker_stopped',
    'worker.stopped',
    'worker.started',
    'step.execution_requested pay#2',
    'step.completed pay#2',
    'task.completed',
  ]);
});

test('a stored state that no rule explains is parked, on record, and can only be cancelled', async (t) => {
  const { task, attempts } = payment();
  const engines = await restartable(t, [task]);
  const { id } = await (await engines.start()).run({ name: 'payment', context: {} });
  await rest();
  await engines.crash();
  const db = new Database(engines.file);
  db.prepare("update steps set attempts = 0 where task_id = ? and name = 'pay'").run(id);
  db.close();
  const second = await engines.start();
  const parked = await second.wait(id);
  assert.match(parked.parked ?? '', /step 'pay' is in_progress with 0 attempts; expected: at least one attempt/);
  assert.deepEqual((await engines.story(second, id)).slice(3), ['workflow.task_state_unclear']);
  await assert.rejects(second.retry(id), { code: 'TASKER_TRANSITION_REFUSED', message: /parked/ });
  assert.equal((await second.cancel(id)).status, 'cancelled');
  assert.deepEqual(attempts, [1], 'nothing was guessed at');
});

test('a running task keeps the template it began with, also when the next engine has another', async (t) => {
  const hold = gate();
  const version = (last: string) =>
    defineTask({
      name: 'versioned',
      step_templates: [
        { name: 'first', handler_config: { monitoring: { stall_seconds: 3600 } }, handler: () => hold.promise },
        {
          name: 'second',
          depends_on_step: 'first',
          handler_config: { note: last },
          handler: ({ handlerConfig }) => handlerConfig['note'] ?? null,
        },
      ],
    });
  const tasks = [version('old')];
  const engines = await restartable(t, tasks);
  const { id } = await (await engines.start()).run({ name: 'versioned', context: {} });
  await rest();
  await engines.crash();
  tasks[0] = version('new');
  const second = await engines.start();
  await rest();
  hold.open();
  assert.equal((await second.wait(id)).steps[1]?.results, 'old');
  const fresh = await second.run({ name: 'versioned', context: {} });
  assert.equal((await fresh.wait()).steps[1]?.results, 'new');
});

test('every request that was stored while no engine ran is carried out, however many', async (t) => {
  const { task } = payment();
  const engines = await restartable(t, [task]);
  const first = await engines.start();
  const ids: string[] = [];
  for (let index = 0; index < 130; index += 1) ids.push((await first.run({ name: 'payment', context: {} })).id);
  await rest();
  await engines.crash();
  const client = await createTasker(
    { storage: { kind: 'sqlite', file: engines.file } },
    { clock: engines.clock, env: {}, onWarning: () => undefined },
  );
  for (const id of ids) await assert.rejects(client.cancel(id), { code: 'TASKER_COMMAND_NOT_APPLIED' });
  await client.stop();
  const second = await engines.start();
  for (let turn = 0; turn < 8; turn += 1) await engines.clock.advance(250);
  const { tasks } = await second.list({ status: 'cancelled', limit: 1000 });
  assert.equal(tasks.length, ids.length);
});

test('a start that cannot prepare is no start: the next one takes over', async (t) => {
  const { task, open } = payment();
  const tasker = await createTasker(
    { storage: { kind: 'memory' }, tasks: [task] },
    {
      env: {},
      wrapStorage: firstSaveFails,
    },
  );
  t.after(() => tasker.stop({ graceMs: 0 }));
  await assert.rejects(tasker.start(), { code: 'TASKER_STORAGE_FULL' });
  assert.equal(tasker.status().running, false);
  await tasker.start();
  open();
  assert.equal((await (await tasker.run({ name: 'payment', context: {} })).wait()).status, 'complete');
});

test('SLAs of tasks that a crash left behind are watched though there is no room to run them', async (t) => {
  const hold = gate();
  const slow = defineTask({
    name: 'slow',
    handler_config: { monitoring: { sla_seconds: 60 } },
    step_templates: [
      { name: 'pay', handler_config: { monitoring: { stall_seconds: 3600 } }, handler: () => hold.promise },
    ],
  });
  const limits = { tasksInMemory: 1 };
  const engines = await restartable(t, [slow], {}, limits);
  const first = await engines.start();
  const ids = [];
  for (let index = 0; index < 2; index += 1) ids.push((await first.run({ name: 'slow', context: {} })).id);
  // So that the waiting one has been due for longer, and takes the only place.
  await engines.clock.advance(5000);
  await engines.crash();
  const second = await engines.start();
  for (let elapsed = 0; elapsed < 70; elapsed += 1) await engines.clock.advance(1000);
  for (const id of ids) {
    const breaches = (await engines.story(second, id)).filter((line) => line === 'task.sla_breached');
    assert.equal(breaches.length, 1);
  }
  hold.open();
});

test('an engine that is stopping takes no more work, and keeps no request for the next one', async (t) => {
  const { task, open } = payment();
  const engines = await restartable(t, [task]);
  const first = await engines.start();
  const { id } = await first.run({ name: 'payment', context: {} });
  await rest();
  const stopped = first.stop({ graceMs: 5000 });
  for (const refused of [first.run({ name: 'payment', context: {} }), first.cancel(id)]) {
    await assert.rejects(refused, { code: 'TASKER_ENGINE_NOT_RUNNING' });
  }
  open();
  await rest();
  await engines.clock.advance(5000);
  await stopped;
  const second = await engines.start();
  await rest();
  assert.deepEqual(
    (await second.list()).tasks.map((listed) => listed.status),
    ['complete'],
  );
});
