import assert from 'node:assert/strict';
import { test } from 'node:test';

import { defineTask, type PayloadOf } from '../../src/index.ts';
import { checkLog } from '../support/check-log.ts';
import { restartable } from '../support/restartable.ts';
import { gate, rest, world } from '../support/world.ts';

/** Longer than any SLA here and than a waiting task stays in memory; each poll of it is walked through. */
const laterMs = 120_000;

function order(hold: Promise<unknown>, began: string[]) {
  return defineTask<{ readonly as: string }>({
    name: 'order',
    step_templates: [
      {
        name: 'only',
        handler: async ({ context }) => {
          began.push(context.as);
          if (context.as === 'blocker') await hold;
        },
      },
    ],
  });
}

const queued = [
  { as: 'default' },
  { as: 'low', priority: -5 },
  { as: 'first of two', priority: 9 },
  { as: 'second of two', priority: 9 },
  { as: 'second default' },
];
const expected = ['blocker', 'first of two', 'second of two', 'default', 'second default', 'low'];

for (const [place, limits] of [
  ['a place in memory', { tasksInMemory: 1 }],
  ["a step's slot", { stepsPerProcess: 1 }],
] as const) {
  test(`of tasks that wait for ${place}, the highest priority goes first, then the oldest`, async (t) => {
    const hold = gate();
    const began: string[] = [];
    const { tasker, clock } = await world(t, [order(hold.promise, began)], { limits });
    const handles = [await tasker.run({ name: 'order', context: { as: 'blocker' } })];
    for (const { as, ...rank } of queued) {
      await clock.advance(1);
      handles.push(await tasker.run({ name: 'order', context: { as }, ...rank }));
    }
    assert.deepEqual(began, ['blocker']);
    hold.open();
    await clock.advance(5000);
    assert.deepEqual(began, expected);
    for (const handle of handles) assert.equal((await handle.wait()).status, 'complete');
  });
}

test('one that comes later does not take the place that others wait for', async (t) => {
  const hold = gate();
  const began: string[] = [];
  const { tasker, clock } = await world(t, [order(hold.promise, began)], { limits: { tasksInMemory: 1 } });
  await tasker.run({ name: 'order', context: { as: 'blocker' } });
  await clock.advance(1);
  await tasker.run({ name: 'order', context: { as: 'waiting' }, priority: 1 });
  const freed = new Promise<void>((resolve) => {
    const stop = tasker.on('task.completed', () => {
      stop();
      // Within the commit that frees the place.
      void tasker.run({ name: 'order', context: { as: 'newcomer' } }).then(() => resolve());
    });
  });
  hold.open();
  await freed;
  await clock.advance(5000);
  assert.deepEqual(began, ['blocker', 'waiting', 'newcomer']);
});

test('a task with a start time is recorded at once and runs then; its SLA and durations count from then', async (t) => {
  const later = defineTask({
    name: 'later',
    handler_config: { monitoring: { sla_seconds: 45 } },
    step_templates: [
      { name: 'slow', handler_config: { monitoring: { sla_seconds: 20 } }, handler: () => rest() },
      { name: 'next', depends_on_step: 'slow', handler: () => null },
    ],
  });
  const { tasker, clock, story, events } = await world(t, [later]);
  const now = clock.now();
  const startAt = now + laterMs;
  const handle = await tasker.run({ name: 'later', context: {}, startAt: new Date(startAt), priority: 3 });
  assert.deepEqual(await story(handle.id), ['task.initialize_requested']);
  const waiting = await tasker.get(handle.id);
  assert.deepEqual(
    [waiting.status, waiting.createdAt, waiting.startAt, waiting.priority, waiting.slaDeadlineAt],
    ['pending', now, startAt, 3, startAt + 45_000],
  );
  const [created] = await events(handle.id);
  const payload = created?.payload as PayloadOf<'task.initialize_requested'>;
  assert.deepEqual([payload.startAt, payload.priority, payload.slaDeadlineAt], [startAt, 3, startAt + 45_000]);
  await clock.advance(laterMs - 1);
  assert.deepEqual(await story(handle.id), ['task.initialize_requested']);
  await clock.advance(1);
  const task = await handle.wait();
  assert.deepEqual([task.status, task.startedAt, task.slaBreachedAt], ['complete', startAt, null]);
  const told = new Map((await events(handle.id)).map((event) => [event.name, event.payload]));
  assert.deepEqual(told.get('task.start_requested'), { waitedMs: 0 });
  assert.equal((told.get('task.completed') as { durationMs: number }).durationMs, 0);
});

test('the SLA of a task that starts late runs out that much later', async (t) => {
  const hold = gate();
  const slow = defineTask({
    name: 'slow',
    handler_config: { monitoring: { sla_seconds: 10 } },
    step_templates: [{ name: 'a', handler: () => hold.promise }],
  });
  const { tasker, clock, events } = await world(t, [slow]);
  const startAt = clock.now() + laterMs;
  const handle = await tasker.run({ name: 'slow', context: {}, startAt });
  await clock.advance(laterMs + 10_000);
  const breach = (await events(handle.id)).find((event) => event.name === 'task.sla_breached');
  assert.deepEqual(
    [breach?.occurredAt, (breach?.payload as { elapsedMs: number }).elapsedMs],
    [startAt + 10_000, 10_000],
  );
  hold.open();
  await handle.wait();
});

test('a start time that has passed means at once, and leaves no trace', async (t) => {
  const { tasker, clock, events } = await world(t, [order(Promise.resolve(), [])]);
  const handle = await tasker.run({ name: 'order', context: {}, startAt: clock.now() - laterMs, priority: 0 });
  const task = await handle.wait();
  assert.deepEqual([task.status, task.startAt, task.startedAt], ['complete', null, clock.now()]);
  const payload = (await events(handle.id))[0]?.payload ?? {};
  assert.ok(!('startAt' in payload) && !('priority' in payload));
});

test('a task that waits for its time survives crash and stop, and starts at its time', async (t) => {
  const began: string[] = [];
  const engines = await restartable(t, [order(Promise.resolve(), began)], {}, { releaseAfterMs: 2 * laterMs });
  const first = await engines.start();
  const startAt = engines.clock.now() + laterMs;
  const handle = await first.run({ name: 'order', context: { as: 'late' }, startAt });
  await engines.clock.advance(1000);
  await engines.crash();
  const second = await engines.start();
  await engines.clock.advance(1000);
  await second.stop({ graceMs: 0 });
  const third = await engines.start();
  await engines.clock.advance(startAt - engines.clock.now() - 1);
  assert.deepEqual([began, (await third.get(handle.id)).status], [[], 'pending']);
  const ended = third.wait(handle.id);
  await engines.clock.advance(1);
  assert.equal((await ended).startedAt, startAt);
  assert.deepEqual(began, ['late']);
  await checkLog(engines.storage());
});

test('an operator can settle a step of a task that waits, or call it off, before its time', async (t) => {
  const seen: unknown[] = [];
  const two = defineTask({
    name: 'two',
    step_templates: [
      { name: 'a', skippable: true, handler: () => 1 },
      { name: 'b', depends_on_step: 'a', handler: ({ results }) => void seen.push(results) },
    ],
  });
  const { tasker, clock, story } = await world(t, [two]);
  const startAt = clock.now() + laterMs;
  const skipped = await tasker.run({ name: 'two', context: {}, startAt });
  const cancelled = await tasker.run({ name: 'two', context: {}, startAt });
  await tasker.skip(skipped.id, { step: 'a' });
  await tasker.cancel(cancelled.id);
  await clock.advance(laterMs - 1);
  assert.deepEqual(await story(skipped.id), ['task.initialize_requested', 'step.resolved_manually a skipped']);
  assert.equal((await tasker.get(cancelled.id)).status, 'cancelled');
  await clock.advance(1);
  assert.deepEqual([(await skipped.wait()).startedAt, seen], [startAt, [{}]]);
});

test('a priority or start time that is none is refused, saying what is', async (t) => {
  const { tasker } = await world(t, [order(Promise.resolve(), [])]);
  const run = (given: object) => tasker.run({ name: 'order', context: {}, ...given });
  for (const priority of [1.5, 101, -101, '7']) {
    await assert.rejects(run({ priority }), { code: 'TASKER_REQUEST_INVALID', message: /priority: / });
  }
  for (const startAt of [new Date(Number.NaN), -1, 'tomorrow', Number.NaN, 9e15]) {
    await assert.rejects(run({ startAt }), {
      code: 'TASKER_REQUEST_INVALID',
      message: /startAt: expected a valid Date or milliseconds since the Unix epoch/,
    });
  }
});

test('an idempotency key that not every store could keep is refused', async (t) => {
  const { tasker } = await world(t, [order(Promise.resolve(), [])]);
  for (const idempotencyKey of ['a\0b', '\ud800'])
    await assert.rejects(tasker.run({ name: 'order', context: {}, idempotencyKey }), {
      code: 'TASKER_REQUEST_INVALID',
      message: /idempotencyKey: expected Unicode text without NUL/,
    });
});
