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

import { defineTask, PermanentError } from 'tasker';
import { createTestTasker } from 'tasker/testing';

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

await test('${names.kebab} tells of each task that failed, and how many there were', async () => {
  const heard: ${told}[] = [];
  const subscriber = ${exported}((told) => void heard.push(told));
  const { tasker, clock, stop } = await createTestTasker({ tasks: [doomed], subscribers: [subscriber] });
  try {
    const first = await tasker.run({ name: 'doomed', context: {} });
    const second = await tasker.run({ name: 'doomed', context: {} });
    await Promise.all([first.wait(), second.wait()]);
    await clock.advance(1000);
    assert.deepEqual(
      heard.map(({ taskId, failedSteps, failed }) => ({ taskId, failedSteps, failed })),
      [
        { taskId: first.id, failedSteps: ['only'], failed: 1 },
        { taskId: second.id, failedSteps: ['only'], failed: 2 },
      ],
    );
    assert.notEqual(heard[0]?.idempotencyKey, heard[1]?.idempotencyKey);
  } finally {
    await stop();
  }
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
