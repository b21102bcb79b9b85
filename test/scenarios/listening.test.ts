import assert from 'node:assert/strict';
import { test } from 'node:test';

import { defineTask, type EventName, type PublishedEvent, RetryableError, TaskerError } from '../../src/index.ts';
import { gate, rest, world } from '../support/world.ts';

function two(handler: () => unknown = () => ({ ok: true })) {
  return defineTask({
    name: 'two',
    handler_config: { business_context: ['tier'] },
    step_templates: [
      { name: 'first', handler: async () => handler() },
      { name: 'second', depends_on_step: 'first', handler: () => 2 },
    ],
  });
}

function told(event: PublishedEvent): string {
  return `${event.name}${event.step === null ? '' : ` ${event.step}${event.attempt === null ? '' : `#${event.attempt}`}`}`;
}

test('a whole run is told in the order in which it happened', async (t) => {
  const { tasker } = await world(t, [two()]);
  const heard: string[] = [];
  const stop = tasker.on('*', (event) => void heard.push(told(event)));
  await (await tasker.run({ name: 'two', context: {} })).wait();
  stop();
  assert.deepEqual(heard, [
    'task.initialize_requested',
    'step.initialize_requested first',
    'step.initialize_requested second',
    'observability.task.handle',
    'workflow.orchestration_requested',
    'task.before_transition',
    'task.start_requested',
    'workflow.task_started',
    'observability.step.find_viable',
    'workflow.viable_steps_discovered',
    'workflow.viable_steps_batch_ready',
    'step.before_transition first#1',
    'step.execution_requested first#1',
    'workflow.steps_execution_started',
    'step.before_handle first#1',
    'step.handle first#1',
    'step.before_transition first#1',
    'step.completed first#1',
    'observability.step.handle first#1',
    'workflow.step_completed first#1',
    'workflow.steps_execution_completed',
    'workflow.orchestration_requested',
    'observability.step.find_viable',
    'workflow.viable_steps_discovered',
    'workflow.viable_steps_batch_ready',
    'step.before_transition second#1',
    'step.execution_requested second#1',
    'workflow.steps_execution_started',
    'step.before_handle second#1',
    'step.handle second#1',
    'step.before_transition second#1',
    'step.completed second#1',
    'observability.step.handle second#1',
    'workflow.step_completed second#1',
    'workflow.steps_execution_completed',
    'workflow.orchestration_requested',
    'workflow.task_finalization_started',
    'task.before_transition',
    'task.completed',
    'workflow.task_completed',
    'workflow.task_finalization_completed',
    'observability.task.finalize',
  ]);
});

test('a recorded event is heard just as it stands in the log, an echo names the fact as its cause', async (t) => {
  const { tasker, events } = await world(t, [two()]);
  const facts: PublishedEvent[] = [];
  const echoes: PublishedEvent<'workflow.step_completed'>[] = [];
  tasker.on('tasker.step.completed', (event) => void facts.push(event));
  tasker.on('workflow.step_completed', (event) => void echoes.push(event));
  const { id } = await tasker.run({ name: 'two', context: { tier: 'gold', secret: 's' } });
  await tasker.wait(id);
  const recorded = (await events(id)).filter((event) => event.name === 'step.completed');
  assert.deepEqual(facts, recorded);
  assert.deepEqual(
    echoes.map((event) => [event.causationId, event.position, event.payload.remainingSteps, event.business]),
    [
      [recorded[0]?.id, null, ['second'], { tier: 'gold' }],
      [recorded[1]?.id, null, [], { tier: 'gold' }],
    ],
  );
  assert.deepEqual(
    echoes.map(({ taskId, step, attempt, spanId, traceId }) => ({ taskId, step, attempt, spanId, traceId })),
    recorded.map(({ taskId, step, attempt, spanId, traceId }) => ({ taskId, step, attempt, spanId, traceId })),
  );
});

test('a handler is called between step.before_handle and step.handle', async (t) => {
  const order: string[] = [];
  const { tasker } = await world(t, [two(() => void order.push('handler'))]);
  tasker.on('step.before_handle', ({ step }) => void order.push(`before ${step}`));
  tasker.on('step.handle', ({ step }) => void order.push(`after ${step}`));
  await (await tasker.run({ name: 'two', context: {} })).wait();
  assert.deepEqual(order, ['before first', 'handler', 'after first', 'before second', 'after second']);
});

test('what a listener throws or rejects touches no workflow and no other listener; it is told once and counted', async (t) => {
  const { tasker, warnings } = await world(t, [two()]);
  const heard: EventName[] = [];
  tasker.on('step.*', function clumsy() {
    throw new Error('fell over');
  });
  tasker.on('step.completed', () => Promise.reject(new Error('came to nothing')));
  tasker.on('step.completed', ({ name }) => void heard.push(name));
  const task = await (await tasker.run({ name: 'two', context: {} })).wait();
  await rest();
  assert.equal(task.status, 'complete');
  assert.deepEqual(heard, ['step.completed', 'step.completed']);
  assert.equal(warnings.length, 2);
  assert.match(warnings[0] ?? '', /'clumsy' of 'step\.\*' failed at step\.initialize_requested: fell over\./);
  assert.match(warnings[1] ?? '', /'step\.completed' failed at step\.completed: came to nothing\./);
  const [clumsy] = tasker.catalog.describe('step.completed').listeners;
  assert.deepEqual(clumsy, { pattern: 'step.*', name: 'clumsy', failures: 14 });
  assert.equal(tasker.status().listenerFailures, 16);
});

test('a listener hears no more once it is taken off, by what `on` returned or by its signal', async (t) => {
  const { tasker } = await world(t, [two()]);
  const heard: string[] = [];
  const controller = new AbortController();
  const stop = tasker.on('step.completed', ({ step }) => {
    heard.push(`one ${step}`);
    stop();
  });
  tasker.on(
    'step.completed',
    ({ step }) => {
      heard.push(`two ${step}`);
      controller.abort();
    },
    { signal: controller.signal },
  );
  tasker.on('step.completed', () => heard.push('never'), { signal: AbortSignal.abort() });
  await (await tasker.run({ name: 'two', context: {} })).wait();
  assert.deepEqual(heard, ['one first', 'two first']);
  assert.deepEqual(tasker.catalog.describe('step.completed').listeners, []);
});

test('listeners given to createTasker hear of the templates that it registers', async (t) => {
  const heard: string[] = [];
  const { tasker } = await world(t, [two()], {
    surroundings: {
      listeners: {
        'handler.registered': ({ payload }) => void heard.push(`+${payload.taskName} ${payload.steps.join()}`),
        'handler.unregistered': ({ payload }) => void heard.push(`-${payload.taskName}`),
        'worker.*': ({ name, position }) => void heard.push(`${name} ${position}`),
      },
    },
  });
  await tasker.stop();
  assert.deepEqual(heard, ['+two first,second', 'worker.started 1', 'worker.stopped 2', '-two']);
});

test('a stream gives what happens and ends with the tasker', async (t) => {
  const { tasker } = await world(t, [two()]);
  const stream = tasker.listen('step.completed');
  await (await tasker.run({ name: 'two', context: {} })).wait();
  await tasker.stop();
  const heard: (string | null)[] = [];
  for await (const event of stream) heard.push(event.step);
  assert.deepEqual([heard, stream.dropped], [['first', 'second'], 0]);
});

test('a stream whose reader is slow keeps the newest events and counts the others', async (t) => {
  const { tasker } = await world(t, [two()]);
  const stream = tasker.listen('step.*', { buffer: 3 });
  await (await tasker.run({ name: 'two', context: {} })).wait();
  await tasker.stop();
  const heard: string[] = [];
  for await (const event of stream) heard.push(told(event));
  assert.deepEqual(heard, ['step.handle second#1', 'step.before_transition second#1', 'step.completed second#1']);
  assert.equal(stream.dropped, 11);
});

test('a stream ends with its signal, and `break` stops the listening', async (t) => {
  const { tasker } = await world(t, [two()]);
  const controller = new AbortController();
  const stream = tasker.listen('task.completed', { signal: controller.signal });
  const reading = stream.next();
  controller.abort();
  assert.deepEqual(await reading, { value: undefined, done: true });
  const left = tasker.listen('task.*');
  await (await tasker.run({ name: 'two', context: {} })).wait();
  for await (const _event of left) break;
  assert.deepEqual(await left.next(), { value: undefined, done: true });
  assert.deepEqual(tasker.catalog.describe('task.completed').listeners, []);
});

test('a name that no event has is refused with the nearest right one', async (t) => {
  const { tasker } = await world(t, [two()]);
  // @ts-expect-error: the types refuse it too
  assert.throws(() => tasker.on('task.complted', () => undefined), {
    code: 'TASKER_REQUEST_INVALID',
    message: /'task\.complted'; did you mean 'task\.completed'\?/,
  });
  // @ts-expect-error: the types refuse it too
  assert.throws(() => tasker.listen('steps.*'), { code: 'TASKER_REQUEST_INVALID' });
  assert.throws(() => tasker.listen('*', { buffer: 0 }), { code: 'TASKER_REQUEST_INVALID' });
  assert.throws(() => tasker.catalog.describe('nothing.such'), { code: 'TASKER_REQUEST_INVALID' });
});

test('listening does not change what a seeded engine records', async (t) => {
  const ids = async (listening: boolean): Promise<string[]> => {
    const { tasker, events } = await world(t, [two()]);
    if (listening) tasker.on('*', () => undefined);
    const { id } = await tasker.run({ name: 'two', context: {} });
    await tasker.wait(id);
    return (await events(id)).map((event) => event.id);
  };
  assert.deepEqual(await ids(true), await ids(false));
});

test('a task that waits long is given back, and told of when its time has come', async (t) => {
  const later = defineTask({
    name: 'later',
    step_templates: [
      {
        name: 'pay',
        handler: async ({ attempt }) => {
          if (attempt === 1) throw new RetryableError('later', { retryAfterMs: 60_000 });
        },
      },
    ],
  });
  const { tasker, clock } = await world(t, [later]);
  const heard: string[] = [];
  tasker.on('*', (event) => void heard.push(told(event)));
  const { id } = await tasker.run({ name: 'later', context: {} });
  await clock.advance(60_000);
  assert.equal((await tasker.get(id)).status, 'complete');
  assert.deepEqual(
    heard.slice(heard.indexOf('workflow.task_reenqueue_started'), heard.indexOf('step.before_handle pay#2')),
    [
      'workflow.task_reenqueue_started',
      'step.before_transition pay#1',
      'step.failed pay#1',
      'observability.step.handle pay#1',
      'workflow.step_failed pay#1',
      'workflow.steps_execution_completed',
      'workflow.orchestration_requested',
      'step.before_transition pay#1',
      'step.retry_requested pay#1',
      'observability.step.backoff pay#1',
      'observability.step.find_viable',
      'workflow.no_viable_steps',
      'workflow.task_reenqueue_delayed',
      'observability.task.enqueue',
      'observability.task.handle',
      'workflow.orchestration_requested',
      'observability.step.find_viable',
      'workflow.viable_steps_discovered',
      'workflow.viable_steps_batch_ready',
      'step.before_transition pay#2',
      'step.execution_requested pay#2',
      'workflow.steps_execution_started',
    ],
  );
});

test('a batch of steps ends with the last of its attempts, and says which of them failed', async (t) => {
  const hold = gate();
  const wide = defineTask({
    name: 'wide',
    step_templates: [
      { name: 'good', handler: () => hold.promise },
      {
        name: 'bad',
        default_retryable: false,
        handler: () => {
          throw new Error('no');
        },
      },
    ],
  });
  const { tasker } = await world(t, [wide]);
  const heard: unknown[] = [];
  tasker.on('workflow.steps_execution_completed', ({ payload }) => void heard.push(payload));
  tasker.on('workflow.no_viable_steps', ({ payload }) => void heard.push(payload));
  const handle = await tasker.run({ name: 'wide', context: {} });
  await rest();
  assert.deepEqual(heard, [{ reason: 'running', nextStartAt: null }]);
  hold.open();
  await handle.wait();
  assert.deepEqual(heard.slice(1), [{ steps: ['good', 'bad'], failedSteps: ['bad'] }]);
});

test('what could not be written is told once, and nothing of it is heard as a fact', async (t) => {
  let failures = 0;
  const hold = gate();
  const { tasker, clock } = await world(t, [two(() => hold.promise)], {
    surroundings: {
      wrapStorage: (storage) => ({
        ...storage,
        tasks: {
          load: (taskId) => storage.tasks.load(taskId),
          async commit(changes) {
            if ((failures -= 1) >= 0) throw new TaskerError('TASKER_STORAGE_FULL', 'the disk is full');
            return storage.tasks.commit(changes);
          },
        },
      }),
    },
  });
  const handle = await tasker.run({ name: 'two', context: {} });
  await rest();
  const heard: string[] = [];
  tasker.on('step.completed', (event) => void heard.push(told(event)));
  tasker.on('workflow.step_execution_failed', (event) => void heard.push(`${told(event)} ${event.payload.code}`));
  failures = 3;
  hold.open();
  await clock.advance(10_000);
  await handle.wait();
  assert.deepEqual(heard, [
    'workflow.step_execution_failed first#1 TASKER_STORAGE_FULL',
    'workflow.step_execution_failed second#1 TASKER_STORAGE_FULL',
    'step.completed first#1',
    'step.completed second#1',
  ]);
});
