import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';

import { defineSubscriber, defineTask, PermanentError } from '../src/index.ts';
import { createTestTasker, runTask, spyOn, subscriberContract } from '../src/testing/index.ts';

const order = defineTask<{ amount: number }>({
  name: 'order',
  handler_config: { business_context: ['amount'], monitoring: { sla_seconds: 120 } },
  step_templates: [
    {
      name: 'charge',
      default_retry_limit: 3,
      handler_config: { timeout_seconds: 10, retry_backoff: { kind: 'constant', base_seconds: 60, jitter: 0 } },
      handler: ({ context }) => ({ charged: context.amount }),
    },
    { name: 'mail', depends_on_step: 'charge', handler: () => ({}) },
  ],
});

test('a good order is charged and told of', async () => {
  const { status, results } = await runTask(order, { context: { amount: 130 } });
  assert.equal(status, 'complete');
  assert.deepEqual(results['charge'], { charged: 130 });
});

test('a busy bank is asked again after a minute', async () => {
  const { story, elapsedMs } = await runTask(order, {
    context: { amount: 130 },
    handlers: {
      charge: ({ attempt }: { attempt: number }) => {
        if (attempt === 1) throw new Error('busy');
        return {};
      },
    },
  });
  assert.deepEqual(story.slice(2, 6), [
    'step.execution_requested charge#1',
    'step.failed charge#1 error/no',
    'step.retry_requested charge#1 backoff',
    'step.execution_requested charge#2',
  ]);
  assert.ok(elapsedMs >= 60_000, 'of its own time; the test took none of it');
});

test('a bank that never answers breaches the SLA while the order is open', async () => {
  const { status, events } = await runTask(order, {
    context: { amount: 130 },
    handlers: { charge: () => new Promise(() => undefined) },
    advanceWhileRunning: true,
  });
  assert.equal(status, 'error');
  assert.ok(events.some(({ name }) => name === 'task.sla_breached'));
});

test('a spy waits for an event', async () => {
  const { tasker, stop } = await createTestTasker({ tasks: [order] });
  const spy = spyOn(tasker);
  await tasker.run({ name: 'order', context: { amount: 130 } });
  const charged = await spy.next('step.completed');
  assert.equal(charged.step, 'charge');
  await spy.next('task.completed');
  await stop();
});

subscriberContract(
  () => ({
    name: 'turnover',
    subscriber: defineSubscriber<{ total: number }>({
      name: 'turnover',
      state: { initial: () => ({ total: 0 }) },
      on: {
        'task.completed': (event, context) => {
          context.state = { total: context.state.total + Number(event.business?.['amount'] ?? 0) };
        },
      },
    }),
    tasks: [order],
    work: async ({ tasker }) => {
      for (const amount of [130, 70]) await (await tasker.run({ name: 'order', context: { amount } })).wait();
    },
  }),
  { describe, it },
);

test('a declined card ends the order at once', async () => {
  const { task } = await runTask(order, {
    context: { amount: 130 },
    handlers: {
      charge: () => {
        throw new PermanentError('declined', { code: 'card_declined' });
      },
    },
  });
  assert.equal(task.status, 'error');
  assert.equal(task.steps[0]?.attempts, 1);
});
