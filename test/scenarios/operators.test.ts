import assert from 'node:assert/strict';
import { test } from 'node:test';

import { defineTask, type PayloadOf, PermanentError } from '../../src/index.ts';
import { checkLog } from '../support/check-log.ts';
import { restartable } from '../support/restartable.ts';
import { rest, world } from '../support/world.ts';

const who = { by: 'ada', why: 'payment service is back' };

/** first → pay (fails while `broken.now`) → ship. */
function order(broken: { now: boolean }, seen: unknown[] = []) {
  return defineTask({
    name: 'order',
    step_templates: [
      { name: 'first', handler: () => 1 },
      {
        name: 'pay',
        depends_on_step: 'first',
        skippable: true,
        handler_config: { results: ['amount'] },
        handler: () => {
          if (broken.now) throw new PermanentError('no');
          return { amount: 5 };
        },
      },
      {
        name: 'ship',
        depends_on_step: 'pay',
        handler: ({ results }) => {
          seen.push(results);
          return null;
        },
      },
    ],
  });
}

const untilFailure = [
  'task.initialize_requested',
  'task.start_requested',
  'step.execution_requested first#1',
  'step.completed first#1',
  'step.execution_requested pay#1',
  'step.failed pay#1 error/permanent',
  'task.failed',
];

test('a failed task is retried by an operator, who and why on record', async (t) => {
  const broken = { now: true };
  const { tasker, story, events } = await world(t, [order(broken)]);
  const handle = await tasker.run({ name: 'order', context: {} });
  assert.equal((await handle.wait()).status, 'error');
  broken.now = false;
  await tasker.retry(handle.id, who);
  assert.equal((await handle.wait()).status, 'complete');
  assert.deepEqual(await story(handle.id), [
    ...untilFailure,
    'step.retry_requested pay#1 operator',
    'task.retry_requested retry',
    'task.start_requested',
    'step.execution_requested pay#2',
    'step.completed pay#2',
    'step.execution_requested ship#1',
    'step.completed ship#1',
    'task.completed',
  ]);
  const asked = (await events(handle.id)).find((event) => event.name === 'task.retry_requested');
  assert.deepEqual(asked?.payload, { ...who, action: 'retry' });
});

test('a step resolved by hand with results lets the task go on with them', async (t) => {
  const seen: unknown[] = [];
  const { tasker, story, events } = await world(t, [order({ now: true }, seen)]);
  const handle = await tasker.run({ name: 'order', context: {} });
  await handle.wait();
  await tasker.resolve(handle.id, { ...who, step: 'pay', results: { amount: 7, iban: 'secret' } });
  const task = await handle.wait();
  assert.equal(task.status, 'complete');
  assert.deepEqual(seen, [{ first: 1, pay: { amount: 7, iban: 'secret' } }]);
  assert.deepEqual(await story(handle.id), [
    ...untilFailure,
    'step.resolved_manually pay#1 resolved',
    'task.retry_requested resolve_step',
    'task.start_requested',
    'step.execution_requested ship#1',
    'step.completed ship#1',
    'task.completed',
  ]);
  const resolved = (await events(handle.id)).find((event) => event.name === 'step.resolved_manually');
  assert.deepEqual(
    (resolved?.payload as { results: unknown }).results,
    { amount: 7 },
    'only what the template names leaves',
  );
});

test('resolving the last open step completes the task', async (t) => {
  const last = defineTask({
    name: 'last',
    step_templates: [
      {
        name: 'only',
        handler: () => {
          throw new PermanentError('no');
        },
      },
    ],
  });
  const { tasker, story } = await world(t, [last]);
  const handle = await tasker.run({ name: 'last', context: {} });
  await handle.wait();
  assert.equal((await tasker.resolve(handle.id, { ...who, step: 'only' })).status, 'complete');
  assert.deepEqual((await story(handle.id)).slice(-4), [
    'step.resolved_manually only#1 resolved',
    'task.retry_requested resolve_step',
    'task.start_requested',
    'task.completed',
  ]);
});

test('a task resolved by hand ends there; its steps stay as they were', async (t) => {
  const { tasker, story } = await world(t, [order({ now: true })]);
  const handle = await tasker.run({ name: 'order', context: {} });
  await handle.wait();
  const task = await tasker.resolve(handle.id, who);
  assert.equal(task.status, 'resolved_manually');
  assert.deepEqual(
    task.steps.map((step) => step.status),
    ['complete', 'error', 'pending'],
  );
  assert.deepEqual(await story(handle.id), [...untilFailure, 'task.resolved_manually']);
});

test('a skippable step is skipped; one that is not is refused with what to do instead', async (t) => {
  const { tasker, story } = await world(t, [order({ now: true })]);
  const handle = await tasker.run({ name: 'order', context: {} });
  await handle.wait();
  await assert.rejects(tasker.skip(handle.id, { ...who, step: 'ship' }), {
    code: 'TASKER_TRANSITION_REFUSED',
    message: /'ship' is not skippable; its template says so, resolve it instead/,
  });
  await tasker.skip(handle.id, { ...who, step: 'pay' });
  assert.equal((await handle.wait()).status, 'complete');
  assert.ok((await story(handle.id)).includes('step.resolved_manually pay#1 skipped'));
});

test('what a state does not allow is refused and changes nothing', async (t) => {
  const { tasker, story } = await world(t, [order({ now: false })]);
  const handle = await tasker.run({ name: 'order', context: {} });
  await handle.wait();
  const before = await story(handle.id);
  await assert.rejects(tasker.retry(handle.id), { code: 'TASKER_TRANSITION_REFUSED' });
  await assert.rejects(tasker.resolve(handle.id), { code: 'TASKER_TRANSITION_REFUSED' });
  await assert.rejects(tasker.cancel(handle.id), {
    code: 'TASKER_TRANSITION_REFUSED',
    message: /complete; that is final/,
  });
  await assert.rejects(tasker.resolve(handle.id, { step: 'pay' }), { code: 'TASKER_TRANSITION_REFUSED' });
  await assert.rejects(tasker.cancel('019a0000-0000-7000-8000-000000000000'), { code: 'TASKER_TASK_NOT_FOUND' });
  await rest();
  assert.deepEqual(await story(handle.id), before);
});

test('a failed task can be cancelled', async (t) => {
  const { tasker, story } = await world(t, [order({ now: true })]);
  const handle = await tasker.run({ name: 'order', context: {} });
  await handle.wait();
  assert.equal((await tasker.cancel(handle.id, who)).status, 'cancelled');
  assert.deepEqual((await story(handle.id)).slice(untilFailure.length), [
    'step.cancelled pay#1',
    'step.cancelled ship',
    'task.cancelled',
  ]);
});

test('bypassed steps end resolved_manually when the task starts and count as done', async (t) => {
  const { tasker, story } = await world(t, [order({ now: true })]);
  const handle = await tasker.run({
    name: 'order',
    context: {},
    bypass_steps: ['pay'],
    initiator: 'grace',
    reason: 'paid in cash',
  });
  assert.equal((await handle.wait()).status, 'complete');
  assert.deepEqual((await story(handle.id)).slice(0, 4), [
    'task.initialize_requested',
    'task.start_requested',
    'step.resolved_manually pay bypassed',
    'step.execution_requested first#1',
  ]);
  await assert.rejects(tasker.run({ name: 'order', context: {}, bypass_steps: ['ship'] }), {
    code: 'TASKER_REQUEST_INVALID',
  });
});

test('the same idempotency key finds the task that is there', async (t) => {
  const { tasker } = await world(t, [order({ now: false })]);
  const first = await tasker.run({ name: 'order', context: {}, idempotencyKey: 'cart-1' });
  const second = await tasker.run({ name: 'order', context: {}, idempotencyKey: 'cart-1' });
  assert.deepEqual([first.existing, second.existing, second.id], [false, true, first.id]);
  const [a, b] = await Promise.all(
    [1, 2].map(() => tasker.run({ name: 'order', context: {}, idempotencyKey: 'cart-2' })),
  );
  assert.equal(a?.id, b?.id, 'also when both are asked for at once');
  assert.equal((await tasker.list()).tasks.length, 2);
});

test("an operator's results are checked like a handler's, and the caller's object stays the caller's", async (t) => {
  const { tasker } = await world(t, [order({ now: true })], { limits: { resultBytes: 200 } });
  const handle = await tasker.run({ name: 'order', context: {} });
  await handle.wait();
  const results = { amount: 7, note: 'x'.repeat(300) };
  await assert.rejects(tasker.resolve(handle.id, { ...who, step: 'pay', results }), {
    code: 'TASKER_STEP_RESULTS_INVALID',
    message: /at most 200 bytes/,
  });
  results.note = 'short';
  await tasker.resolve(handle.id, { ...who, step: 'pay', results });
  results.amount = 8;
  assert.deepEqual((await handle.wait()).steps[1]?.results, { amount: 7, note: 'short' });
});

test("results are a step's: given for a task they are refused, not lost", async (t) => {
  const { tasker } = await world(t, [order({ now: true })]);
  const handle = await tasker.run({ name: 'order', context: {} });
  await handle.wait();
  await assert.rejects(tasker.resolve(handle.id, { ...who, results: { amount: 7 } }), {
    code: 'TASKER_REQUEST_INVALID',
    message: /results are those of a step; name it/,
  });
  assert.equal((await tasker.get(handle.id)).status, 'error');
});

test('a retry with a new idempotency key makes the services called do the work again, once for all its attempts', async (t) => {
  const keys: string[] = [];
  let failing = 99;
  const charge = defineTask({
    name: 'charge',
    step_templates: [
      {
        name: 'pay',
        default_retry_limit: 2,
        handler_config: { retry_backoff: { kind: 'constant', base_seconds: 1, jitter: 0 } },
        handler: ({ idempotencyKey }) => {
          keys.push(idempotencyKey);
          failing -= 1;
          if (failing >= 0) throw failing > 0 ? new PermanentError('no') : new Error('again');
        },
      },
    ],
  });
  const { tasker, clock, events } = await world(t, [charge]);
  const handle = await tasker.run({ name: 'charge', context: {} });
  await handle.wait();
  const first = `${handle.id}:pay`;
  await tasker.retry(handle.id, { ...who, step: 'pay' });
  await handle.wait();
  assert.deepEqual(keys, [first, first]);

  failing = 1;
  await tasker.retry(handle.id, { ...who, step: 'pay', newIdempotencyKey: true });
  await clock.advance(1000);
  const task = await handle.wait();
  const second = `${handle.id}.2:pay`;
  assert.deepEqual([task.status, keys.slice(2)], ['complete', [second, second]]);
  assert.deepEqual([task.steps[0]?.idempotencyKey, task.steps[0]?.keyGeneration], [second, 2]);
  const asked = (await events(handle.id))
    .filter((event) => event.name === 'step.retry_requested')
    .map((event) => event.payload as PayloadOf<'step.retry_requested'>);
  assert.deepEqual(
    asked.map((payload) => [payload.reason, payload.by, payload.why, payload.keyGeneration]),
    [
      ['operator', who.by, who.why, undefined],
      ['operator', who.by, who.why, 2],
      ['backoff', undefined, undefined, undefined],
    ],
  );
  const shown = (await tasker.history(handle.id)).timeline.filter((line) => line.keyGeneration !== null);
  assert.deepEqual(
    shown.map(({ step, by, why, keyGeneration }) => ({ step, by, why, keyGeneration })),
    [{ step: 'pay', ...who, keyGeneration: 2 }],
  );
});

test('a new generation of a key survives a restart, and a later retry without one keeps it', async (t) => {
  const keys: string[] = [];
  const never = defineTask({
    name: 'never',
    step_templates: [
      {
        name: 'pay',
        handler: ({ idempotencyKey }) => {
          keys.push(idempotencyKey);
          throw new PermanentError('no');
        },
      },
    ],
  });
  const engines = await restartable(t, [never]);
  const first = await engines.start();
  const handle = await first.run({ name: 'never', context: {} });
  await handle.wait();
  await first.retry(handle.id, { step: 'pay', newIdempotencyKey: true });
  await handle.wait();
  await engines.crash();
  const second = await engines.start();
  await second.retry(handle.id, { step: 'pay' });
  await second.wait(handle.id);
  await second.retry(handle.id, { step: 'pay', newIdempotencyKey: true });
  await second.wait(handle.id);
  const key = (generation: string) => `${handle.id}${generation}:pay`;
  assert.deepEqual(keys, [key(''), key('.2'), key('.2'), key('.3')]);
  await checkLog(engines.storage());
});

test('a new idempotency key is refused without a step, and for one that has not failed', async (t) => {
  const { tasker, story } = await world(t, [order({ now: true })]);
  const handle = await tasker.run({ name: 'order', context: {} });
  await handle.wait();
  const before = await story(handle.id);
  await assert.rejects(tasker.retry(handle.id, { newIdempotencyKey: true }), {
    code: 'TASKER_REQUEST_INVALID',
    message: /name the step to retry/,
  });
  await assert.rejects(tasker.retry(handle.id, { step: 'first', newIdempotencyKey: true }), {
    code: 'TASKER_TRANSITION_REFUSED',
  });
  assert.deepEqual(await story(handle.id), before);
});
