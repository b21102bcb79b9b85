import type { Generated } from './generated.ts';
import { exportName, type Names } from './names.ts';

export function generateSubscriber(names: Names): Generated {
  const exported = exportName(names, 'Subscriber');
  const told = `${names.pascal}Told`;
  const code = `import { defineSubscriber, type SubscriberDefinition } from 'tasker';

/** What is told of a task that failed. */
export interface ${told} {
  readonly taskId: string;
  readonly failedSteps: readonly string[];
  /** How many tasks have failed so far, this one included. */
  readonly failed: number;
  /** The same when the event comes again after a crash: pass it on, so that it is told once. */
  readonly idempotencyKey: string;
}

/**
 * Follows the log with a checkpoint of its own: it misses nothing and slows no task. \`tell\` is what it does outside
 * the process: a mail, a request.
 */
export function ${exported}(tell: (told: ${told}) => Promise<void> | void): SubscriberDefinition {
  return defineSubscriber<{ readonly failed: number }>({
    name: '${names.kebab}',
    // Saved in one transaction with the checkpoint: no event counts twice.
    state: { initial: () => ({ failed: 0 }) },
    on: {
      'task.failed': async (event, context) => {
        const failed = context.state.failed + 1;
        const failedSteps = event.payload.failedSteps.map(({ step }) => step);
        const { taskId } = event;
        if (taskId === null) return;
        // Muted while old events are replayed, unless delivery is asked for.
        await context.effect('tell', (idempotencyKey) => tell({ taskId, failedSteps, failed, idempotencyKey }));
        context.state = { failed };
      },
    },
  });
}
`;
  const test = `import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createTasker, defineTask, PermanentError } from 'tasker';

import { ${exported}, type ${told} } from './${names.kebab}.ts';

const doomed = defineTask({
  name: 'doomed',
  step_templates: [
    {
      name: 'only',
      handler: () => {
        throw new PermanentError('no');
      },
    },
  ],
});

await test('${names.kebab} tells of each task that failed, and how many there were', async (t) => {
  const heard: ${told}[] = [];
  let heardTwo: () => void = () => undefined;
  const two = new Promise<void>((resolve) => {
    heardTwo = resolve;
  });
  const subscriber = ${exported}((told) => {
    heard.push(told);
    if (heard.length === 2) heardTwo();
  });
  const tasker = await createTasker({ storage: { kind: 'memory' }, tasks: [doomed], subscribers: [subscriber] });
  t.after(() => tasker.stop());
  await tasker.start();
  const first = await tasker.run({ name: 'doomed', context: {} });
  await first.wait();
  const second = await tasker.run({ name: 'doomed', context: {} });
  await two;
  assert.deepEqual(
    heard.map(({ taskId, failedSteps, failed }) => ({ taskId, failedSteps, failed })),
    [
      { taskId: first.id, failedSteps: ['only'], failed: 1 },
      { taskId: second.id, failedSteps: ['only'], failed: 2 },
    ],
  );
  assert.notEqual(heard[0]?.idempotencyKey, heard[1]?.idempotencyKey);
});
`;
  return {
    fileName: names.kebab,
    code,
    test,
    exported,
    config: { key: 'subscribers', value: `[${exported}((told) => console.log(told))]` },
    next: `it is listed by 'tasker subscribers' once an engine runs with it`,
  };
}
