import type { Generated } from './generated.ts';
import { exportName, type Names } from './names.ts';

export function generateTask(names: Names, namespace: string | undefined): Generated {
  const exported = exportName(names, 'Task');
  const context = `${names.pascal}Context`;
  const code = `import { defineTask } from 'tasker';

/** What the task is given; \`schema\` below checks it. */
export interface ${context} {
  readonly id: string;
}

export const ${exported} = defineTask<${context}>({
  name: '${names.snake}',
${namespace === undefined ? '' : `  namespace_name: '${namespace}',\n`}  version: '0.1.0',
  description: 'What the task is for, in a sentence.',
  schema: {
    type: 'object',
    required: ['id'],
    properties: { id: { type: 'string', minLength: 1 } },
  },
  handler_config: {
    // The context fields that events, metrics and alerts may carry. Nothing else leaves the task.
    business_context: ['id'],
    // From its creation to its end: task.sla_breached is recorded while the task is still open.
    monitoring: { sla_seconds: 60 },
  },
  step_templates: (task) =>
    task
      .step({
        name: 'prepare',
        // An attempt that takes longer is aborted. \`results\` names the fields that events may carry.
        handler_config: { timeout_seconds: 10, results: ['prepared'] },
        handler: ({ context }) => ({ prepared: context.id }),
      })
      .step({
        name: 'finish',
        depends_on_step: 'prepare',
        default_retry_limit: 5,
        // Called at least once: give the key to whatever charges, ships or sends, so that it does so once.
        handler: ({ results, idempotencyKey }) => ({ finished: results.prepare.prepared, key: idempotencyKey }),
      }),
});
`;
  const test = `import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isTaskerError } from 'tasker';
import { runTask } from 'tasker/testing';

import { ${exported} } from './${names.kebab}.ts';

await test('${names.snake} runs its steps in order and completes', async () => {
  const { status, results, story } = await runTask(${exported}, { context: { id: 'one' } });
  assert.equal(status, 'complete');
  assert.deepEqual(results['prepare'], { prepared: 'one' });
  assert.deepEqual(story, [
    'task.initialize_requested',
    'task.start_requested',
    'step.execution_requested prepare#1',
    'step.completed prepare#1',
    'step.execution_requested finish#1',
    'step.completed finish#1',
    'task.completed',
  ]);
});

await test('${names.snake} refuses a context that its schema does not allow', async () => {
  await assert.rejects(runTask(${exported}, { context: {} }), (error) =>
    isTaskerError(error, 'TASKER_CONTEXT_INVALID'),
  );
});
`;
  const full = `${namespace === undefined ? '' : `${namespace}.`}${names.snake}`;
  return {
    fileName: names.kebab,
    code,
    test,
    exported,
    config: { key: 'tasks', value: `[${exported}]` },
    next: `run it: tasker run ${full} --context '{"id": "one"}'`,
  };
}
