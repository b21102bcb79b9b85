import assert from 'node:assert/strict';
import { test } from 'node:test';

import { defineTask, PermanentError, RetryableError } from '../../src/index.ts';
import { gate, rest, world } from '../support/world.ts';

const beginning = ['task.initialize_requested', 'task.start_requested'];

test('a happy checkout of five steps records thirteen events', async (t) => {
  const names = ['validate_cart', 'process_payment', 'update_inventory', 'create_order', 'send_confirmation'];
  const checkout = defineTask({
    name: 'checkout',
    step_templates: names.map((name, index) => ({
      name,
      ...(index > 0 && { depends_on_step: names[index - 1] ?? '' }),
      handler: () => ({ done: name }),
    })),
  });
  const { tasker, story } = await world(t, [checkout]);
  const task = await (await tasker.run({ name: 'checkout', context: { cart: 1 } })).wait();
  assert.equal(task.status, 'complete');
  const steps = names.flatMap((name) => [`step.execution_requested ${name}#1`, `step.completed ${name}#1`]);
  assert.deepEqual(await story(task.id), [...beginning, ...steps, 'task.completed']);
});

test('a step that fails is tried again after its wait, and the task completes', async (t) => {
  let calls = 0;
  const keys = new Set<string>();
  const flaky = defineTask({
    name: 'flaky',
    step_templates: [
      {
        name: 'pay',
        handler: (context) => {
          calls += 1;
          keys.add(context.idempotencyKey);
          if (calls < 3) throw new RetryableError('try later', { retryAfterMs: 2000 });
          return { attempt: context.attempt };
        },
      },
    ],
  });
  const { tasker, story, clock } = await world(t, [flaky]);
  const handle = await tasker.run({ name: 'flaky', context: {} });
  await clock.advance(1999);
  assert.equal(calls, 1, 'not before its time');
  await clock.advance(1);
  assert.equal(calls, 2);
  await clock.advance(2000);
  assert.equal((await handle.wait()).status, 'complete');
  assert.equal(keys.size, 1, 'the idempotency key is the same for every attempt');
  assert.deepEqual(await story(handle.id), [
    ...beginning,
    'step.execution_requested pay#1',
    'step.failed pay#1 error/no',
    'step.retry_requested pay#1 retry_after',
    'step.execution_requested pay#2',
    'step.failed pay#2 error/no',
    'step.retry_requested pay#2 retry_after',
    'step.execution_requested pay#3',
    'step.completed pay#3',
    'task.completed',
  ]);
});

test('a permanent error fails the step at once, and the task with it', async (t) => {
  const declined = defineTask({
    name: 'declined',
    step_templates: [
      {
        name: 'pay',
        handler: () => {
          throw new PermanentError('card 4111111111111111 was declined', { code: 'card_declined', status: 402 });
        },
      },
      { name: 'ship', depends_on_step: 'pay', handler: () => null },
    ],
  });
  const { tasker, story, events } = await world(t, [declined]);
  const task = await (await tasker.run({ name: 'declined', context: {} })).wait();
  assert.equal(task.status, 'error');
  assert.deepEqual(await story(task.id), [
    ...beginning,
    'step.execution_requested pay#1',
    'step.failed pay#1 error/permanent',
    'task.failed',
  ]);
  const failed = (await events(task.id)).at(-1);
  assert.deepEqual((failed?.payload as { failedSteps: unknown }).failedSteps, [
    {
      step: 'pay',
      attempt: 1,
      cause: 'error',
      final: 'permanent',
      error: { type: 'PermanentError', code: 'card_declined', status: 402 },
    },
  ]);
  assert.deepEqual((failed?.payload as { blockedSteps: unknown }).blockedSteps, ['ship']);
  assert.ok(!JSON.stringify(await events(task.id)).includes('4111'), 'the message stays in the task store');
  const { timeline } = await tasker.history(task.id);
  assert.equal(
    timeline.find((entry) => entry.what === 'attempt')?.error?.message,
    'card 4111111111111111 was declined',
  );
});

test('an attempt that runs out of time ends as a timeout; its late result is refused', async (t) => {
  const late = gate<string>();
  const signals: AbortSignal[] = [];
  const slow = defineTask({
    name: 'slow',
    step_templates: [
      {
        name: 'pay',
        default_retry_limit: 2,
        handler_config: { timeout_seconds: 5, retry_backoff: { kind: 'constant', base_seconds: 1, jitter: 0 } },
        handler: (context) => {
          signals.push(context.signal);
          return context.attempt === 1 ? late.promise : 'second';
        },
      },
    ],
  });
  const { tasker, story, clock } = await world(t, [slow]);
  const handle = await tasker.run({ name: 'slow', context: {} });
  await clock.advance(5000);
  assert.equal(signals[0]?.aborted, true);
  assert.equal(tasker.status().abandonedHandlers, 1);
  late.open('too late');
  await clock.advance(1000);
  const task = await handle.wait();
  assert.equal(task.steps[0]?.results, 'second');
  assert.deepEqual([tasker.status().abandonedHandlers, tasker.status().lateResults], [0, 1]);
  assert.deepEqual(await story(handle.id), [
    ...beginning,
    'step.execution_requested pay#1',
    'step.stalled pay#1',
    'step.failed pay#1 timeout/no',
    'step.retry_requested pay#1 backoff',
    'step.execution_requested pay#2',
    'step.completed pay#2',
    'task.completed',
  ]);
});

test('a handler that never settles frees its slot, up to the cap on abandoned handlers', async (t) => {
  const never = defineTask({
    name: 'never',
    step_templates: [
      {
        name: 'hang',
        default_retryable: false,
        handler_config: { timeout_seconds: 1 },
        handler: () => new Promise(() => undefined),
      },
    ],
  });
  const quick = defineTask({ name: 'quick', step_templates: [{ name: 'go', handler: () => 1 }] });
  const { tasker, story, clock } = await world(t, [never, quick], {
    limits: { stepsPerProcess: 1, abandonedHandlers: 1 },
  });
  const first = await tasker.run({ name: 'never', context: {} });
  const waiting = await tasker.run({ name: 'quick', context: {} });
  await rest();
  assert.equal((await tasker.get(waiting.id)).status, 'in_progress');
  await clock.advance(1000);
  assert.equal((await waiting.wait()).status, 'complete');
  assert.equal((await first.wait()).status, 'error');
  assert.deepEqual((await story(first.id)).slice(2), [
    'step.execution_requested hang#1',
    'step.stalled hang#1',
    'step.failed hang#1 timeout/permanent',
    'task.failed',
  ]);
  await tasker.run({ name: 'never', context: {} });
  const blocked = await tasker.run({ name: 'quick', context: {} });
  await clock.advance(5000);
  assert.equal(tasker.status().abandonedHandlers, 2);
  assert.notEqual((await tasker.get(blocked.id)).status, 'complete', 'beyond the cap the slot is kept');
});

test('cancelling midway ends the open steps with the task and aborts the running handler', async (t) => {
  const hold = gate();
  let aborted: unknown;
  const ordered = defineTask({
    name: 'ordered',
    step_templates: [
      { name: 'first', handler: () => 1 },
      {
        name: 'second',
        depends_on_step: 'first',
        handler: (context) => {
          context.signal.addEventListener('abort', () => {
            aborted = context.signal.reason;
            hold.open();
          });
          return hold.promise;
        },
      },
      { name: 'third', depends_on_step: 'second', handler: () => 3 },
    ],
  });
  const { tasker, story, events } = await world(t, [ordered]);
  const handle = await tasker.run({ name: 'ordered', context: {} });
  await rest();
  const task = await tasker.cancel(handle.id, { by: 'ada', why: 'customer withdrew' });
  assert.equal(task.status, 'cancelled');
  assert.deepEqual(
    task.steps.map((step) => step.status),
    ['complete', 'cancelled', 'cancelled'],
  );
  assert.ok(aborted instanceof Error && aborted.name === 'AbortError');
  await rest();
  assert.deepEqual(await story(handle.id), [
    ...beginning,
    'step.execution_requested first#1',
    'step.completed first#1',
    'step.execution_requested second#1',
    'step.cancelled second#1',
    'step.cancelled third',
    'task.cancelled',
  ]);
  assert.deepEqual((await events(handle.id)).at(-1)?.payload, {
    by: 'ada',
    why: 'customer withdrew',
    from: 'in_progress',
    durationMs: 0,
  });
  await assert.rejects(tasker.retry(handle.id), { code: 'TASKER_TRANSITION_REFUSED' });
});

test('the arms of a diamond run in parallel and are joined', async (t) => {
  const left = gate();
  const right = gate();
  const diamond = defineTask({
    name: 'diamond',
    step_templates: [
      { name: 'top', handler: () => 1 },
      { name: 'left', depends_on_step: 'top', handler: () => left.promise },
      { name: 'right', depends_on_step: 'top', handler: () => right.promise },
      { name: 'bottom', depends_on_steps: ['left', 'right'], handler: ({ results }) => Object.keys(results) },
    ],
  });
  const { tasker, story, events } = await world(t, [diamond]);
  const handle = await tasker.run({ name: 'diamond', context: {} });
  await rest();
  right.open();
  await rest();
  left.open();
  const task = await handle.wait();
  assert.deepEqual(task.steps[3]?.results, ['top', 'left', 'right']);
  assert.deepEqual(await story(handle.id), [
    ...beginning,
    'step.execution_requested top#1',
    'step.completed top#1',
    'step.execution_requested left#1',
    'step.execution_requested right#1',
    'step.completed right#1',
    'step.completed left#1',
    'step.execution_requested bottom#1',
    'step.completed bottom#1',
    'task.completed',
  ]);
  const all = await events(handle.id);
  const idOf = (name: string, step: string | null) =>
    all.find((event) => event.name === name && event.step === step)?.id;
  const causeOf = (name: string, step: string) =>
    all.find((event) => event.name === name && event.step === step)?.causationId;
  assert.equal(causeOf('step.execution_requested', 'left'), idOf('step.completed', 'top'));
  assert.equal(causeOf('step.execution_requested', 'right'), idOf('step.completed', 'top'));
  assert.equal(causeOf('step.completed', 'right'), idOf('step.execution_requested', 'right'));
  assert.equal(causeOf('step.execution_requested', 'bottom'), idOf('step.completed', 'left'));
});

test('`concurrent: false` means one step of the task at a time, in template order', async (t) => {
  let running = 0;
  let most = 0;
  const step = (name: string) => ({
    name,
    handler: async () => {
      running += 1;
      most = Math.max(most, running);
      await rest();
      running -= 1;
    },
  });
  const serial = defineTask({ name: 'serial', concurrent: false, step_templates: [step('a'), step('b'), step('c')] });
  const { tasker, story } = await world(t, [serial]);
  const task = await (await tasker.run({ name: 'serial', context: {} })).wait();
  assert.equal(most, 1);
  assert.deepEqual(
    (await story(task.id)).filter((each) => each.startsWith('step.execution')),
    ['a', 'b', 'c'].map((name) => `step.execution_requested ${name}#1`),
  );
});

test('many steps of many tasks under a small limit: everything gets its turn, and the limit holds', async (t) => {
  let running = 0;
  let most = 0;
  const step = (name: string, parents: string[]) => ({
    name,
    depends_on_steps: parents,
    handler: async () => {
      running += 1;
      most = Math.max(most, running);
      for (let turn = 0; turn < name.charCodeAt(0) % 5; turn += 1)
        await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    },
  });
  const wide = defineTask({
    name: 'wide',
    step_templates: [
      step('a', []),
      step('b', []),
      step('c', []),
      step('d', ['a']),
      step('e', ['a', 'b']),
      step('f', ['c', 'd', 'e']),
    ],
  });
  const { tasker } = await world(t, [wide], { limits: { stepsPerProcess: 3, stepsPerTask: 2 } });
  const handles = await Promise.all(Array.from({ length: 40 }, () => tasker.run({ name: 'wide', context: {} })));
  const ended = await Promise.all(handles.map((handle) => handle.wait()));
  assert.ok(ended.every((task) => task.status === 'complete'));
  assert.equal(most, 3);
});

test('the results of a step of any name reach those that depend on it', async (t) => {
  const odd = defineTask({
    name: 'odd',
    step_templates: [
      { name: '__proto__', handler: () => ({ paid: 5 }) },
      {
        name: 'ship',
        depends_on_step: '__proto__',
        handler: ({ results }) => Object.entries(results),
      },
    ],
  });
  const { tasker } = await world(t, [odd]);
  const task = await (await tasker.run({ name: 'odd', context: {} })).wait();
  assert.deepEqual(task.steps[1]?.results, [['__proto__', { paid: 5 }]]);
});
