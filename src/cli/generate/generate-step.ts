import type { Generated } from './generated.ts';
import { exportName, type Names } from './names.ts';

export function generateStep(names: Names): Generated {
  const exported = exportName(names, 'Step');
  const context = `${names.pascal}Context`;
  const results = `${names.pascal}Results`;
  const code = `import { PermanentError, type StepContext } from 'tasker';

/** What the step reads of its task's context. */
export interface ${context} {
  readonly id: string;
}

/** What steps that depend on this one see in \`results.${names.snake}\`. */
export interface ${results} {
  readonly done: string;
}

/**
 * Called at least once: give \`idempotencyKey\` to whatever charges, ships or sends, so that it does so once, and
 * \`signal\` to whatever waits. What it throws is tried again, but for a PermanentError.
 */
export function ${exported}({ context, idempotencyKey }: StepContext<${context}>): ${results} {
  if (context.id === '') throw new PermanentError('there is no id to work on');
  return { done: \`\${context.id} (\${idempotencyKey})\` };
}
`;
  const test = `import assert from 'node:assert/strict';
import { test } from 'node:test';

import { defineTask } from 'tasker';
import { runTask } from 'tasker/testing';

import { ${exported}, type ${context} } from './${names.kebab}.ts';

const alone = defineTask<${context}>({
  name: 'alone',
  step_templates: [{ name: '${names.snake}', handler: ${exported} }],
});

await test('${names.snake} does its work once for its key', async () => {
  const { task, results } = await runTask(alone, { context: { id: 'one' } });
  assert.equal(task.status, 'complete');
  assert.deepEqual(results, { ${names.snake}: { done: \`one (\${task.id}:${names.snake})\` } });
});

await test('${names.snake} is not tried again when that is useless', async () => {
  const { task } = await runTask(alone, { context: { id: '' } });
  assert.equal(task.status, 'error');
  assert.deepEqual([task.steps[0]?.attempts, task.steps[0]?.failure?.final], [1, 'permanent']);
});
`;
  return {
    fileName: names.kebab,
    code,
    test,
    exported,
    config: { key: 'handlers', value: `{ ${names.pascal}: ${exported} }` },
    next: `name it in a step: 'handler_class: ${names.pascal}' in a template file, 'handler: ${exported}' in defineTask`,
  };
}
