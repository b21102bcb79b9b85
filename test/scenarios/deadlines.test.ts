import assert from 'node:assert/strict';
import { test } from 'node:test';

import { defineTask, RetryableError } from '../../src/index.ts';
import { gate, rest, world } from '../support/world.ts';

test('the SLA of a task is breached while it is open, once, and completion adds no second', async (t) => {
  const hold = gate<number>();
  const slow = defineTask({
    name: 'slow',
    handler_config: { monitoring: { sla_seconds: 45 }, business_context: ['order_value'] },
    step_templates: [
      { name: 'pay', handler_config: { monitoring: { stall_seconds: 600 } }, handler: () => hold.promise },
    ],
  });
  const { tasker, clock, story, events } = await world(t, [slow]);
  const handle = await tasker.run({ name: 'slow', context: { order_value: 12_997, email: 'a@b.c' } });
  await clock.advance(44_999);
  assert.equal((await tasker.get(handle.id)).slaBreachedAt, null);
  await clock.advance(1);
  const breach = (await events(handle.id)).at(-1);
  assert.equal(breach?.name, 'task.sla_breached');
  assert.deepEqual(breach?.business, { order_value: 12_997 });
  assert.deepEqual(breach?.payload, {
    slaMs: 45_000,
    deadlineAt: breach.occurredAt,
    elapsedMs: 45_000,
    openSteps: [{ step: 'pay', status: 'in_progress', attempt: 1, since: breach.occurredAt - 45_000 }],
  });
  hold.open(1);
  await handle.wait();
  assert.deepEqual(await story(handle.id), [
    'task.initialize_requested',
    'task.start_requested',
    'step.execution_requested pay#1',
    'task.sla_breached',
    'step.completed pay#1',
    'task.completed',
  ]);
});

test("a step's SLA runs from when it is first ready, over all its attempts and the waits between them", async (t) => {
  const flaky = defineTask({
    name: 'flaky',
    step_templates: [
      {
        name: 'pay',
        handler_config: { monitoring: { sla_seconds: 5 } },
        handler: ({ attempt }) => {
          if (attempt < 3) throw new RetryableError('again', { retryAfterMs: 3000 });
          return attempt;
        },
      },
    ],
  });
  const { tasker, clock, story } = await world(t, [flaky]);
  const handle = await tasker.run({ name: 'flaky', context: {} });
  await clock.advance(6000);
  assert.equal((await handle.wait()).status, 'complete');
  assert.deepEqual((await story(handle.id)).slice(2), [
    'step.execution_requested pay#1',
    'step.failed pay#1 error/no',
    'step.retry_requested pay#1 retry_after',
    'step.execution_requested pay#2',
    'step.failed pay#2 error/no',
    'step.retry_requested pay#2 retry_after',
    'step.sla_breached pay#2',
    'step.execution_requested pay#3',
    'step.completed pay#3',
    'task.completed',
  ]);
});

test('an attempt without a sign of life is reported as stalled once; heartbeats push the limit out', async (t) => {
  const hold = gate();
  let beat = (): void => undefined;
  const quiet = defineTask({
    name: 'quiet',
    step_templates: [
      {
        name: 'pay',
        handler_config: { monitoring: { stall_seconds: 10 } },
        handler: (context) => {
          beat = () => context.heartbeat();
          return hold.promise;
        },
      },
    ],
  });
  const { tasker, clock, story, events } = await world(t, [quiet]);
  const handle = await tasker.run({ name: 'quiet', context: {} });
  for (let second = 0; second < 3; second += 1) {
    await clock.advance(8000);
    beat();
  }
  assert.equal((await story(handle.id)).length, 3, 'it gave signs of life');
  await clock.advance(9999);
  assert.equal((await story(handle.id)).length, 3);
  await clock.advance(60_000);
  assert.deepEqual((await story(handle.id)).slice(3), ['step.stalled pay#1']);
  assert.deepEqual((await events(handle.id)).at(-1)?.payload, {
    stallMs: 10_000,
    runningMs: 34_000,
    silentMs: 10_000,
    heartbeats: 3,
  });
  hold.open();
  await handle.wait();
});

test('the stall limit is half of the time limit, at most 30 seconds, and 30 seconds without one', async (t) => {
  const never = new Promise(() => undefined);
  const three = defineTask({
    name: 'three',
    step_templates: [
      { name: 'short', handler_config: { timeout_seconds: 8 }, default_retryable: false, handler: () => never },
      { name: 'long', handler_config: { timeout_seconds: 600 }, default_retryable: false, handler: () => never },
      { name: 'none', handler: () => never },
    ],
  });
  const { tasker, clock, events } = await world(t, [three]);
  const handle = await tasker.run({ name: 'three', context: {} });
  await clock.advance(30_000);
  const stalls = (await events(handle.id)).filter((event) => event.name === 'step.stalled');
  assert.deepEqual(
    stalls.map((event) => [event.step, (event.payload as { stallMs: number }).stallMs]),
    [
      ['short', 4000],
      ['long', 30_000],
      ['none', 30_000],
    ],
  );
});

test('SLAs are watched also for tasks that wait in the store because there is no room for them', async (t) => {
  const hold = gate();
  const slow = defineTask({
    name: 'slow',
    handler_config: { monitoring: { sla_seconds: 60 } },
    step_templates: [
      { name: 'pay', handler_config: { monitoring: { stall_seconds: 600 } }, handler: () => hold.promise },
    ],
  });
  const { tasker, clock, story } = await world(t, [slow], { limits: { tasksInMemory: 1 } });
  const first = await tasker.run({ name: 'slow', context: {} });
  const second = await tasker.run({ name: 'slow', context: {} });
  await clock.advance(61_000);
  assert.deepEqual(await story(second.id), ['task.initialize_requested', 'task.sla_breached']);
  assert.equal((await tasker.get(second.id)).status, 'pending');
  hold.open();
  await clock.advance(2000);
  assert.equal((await first.wait()).status, 'complete');
  assert.equal((await second.wait()).status, 'complete');
});

test('however many SLAs run out at once, few tasks are in memory at a time', async (t) => {
  const many = 700;
  const hold = gate();
  const late = defineTask({
    name: 'late',
    handler_config: { monitoring: { sla_seconds: 60 } },
    step_templates: [
      { name: 'pay', handler_config: { monitoring: { stall_seconds: 600 } }, handler: () => hold.promise },
    ],
  });
  const { tasker, clock } = await world(t, [late], { limits: { tasksInMemory: 2 } });
  for (let n = 0; n < many; n += 1) await tasker.run({ name: 'late', context: {} });
  let breached = 0;
  let most = 0;
  tasker.on('task.sla_breached', () => {
    breached += 1;
    most = Math.max(most, tasker.status().tasksInMemory);
  });
  await clock.advance(61_000);
  assert.equal(breached, many);
  assert.ok(most <= 102, `${most} in memory`);
});

test('a step that waits longer than it is kept in memory is taken up again in time', async (t) => {
  const patient = defineTask({
    name: 'patient',
    step_templates: [
      {
        name: 'pay',
        handler: ({ attempt }) => {
          if (attempt === 1) throw new RetryableError('in ten minutes', { retryAfterMs: 600_000 });
          return attempt;
        },
      },
    ],
  });
  const { tasker, clock, events } = await world(t, [patient]);
  const handle = await tasker.run({ name: 'patient', context: {} });
  await rest();
  assert.equal(tasker.status().tasksInMemory, 0, 'it waits in the store');
  const createdAt = (await tasker.get(handle.id)).createdAt;
  await clock.advance(600_000);
  assert.equal((await handle.wait()).status, 'complete');
  const began = (await events(handle.id)).filter((event) => event.name === 'step.execution_requested');
  assert.deepEqual(
    began.map((event) => event.occurredAt - createdAt),
    [0, 600_000],
  );
});
