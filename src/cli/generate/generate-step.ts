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
import { test, type TestContext } from 'node:test';

import { createTasker, defineTask, type TaskView } from 'tasker';

import { ${exported}, type ${context} } from './${names.kebab}.ts';

/** Runs a task of this step alone to its end. */
async function run(t: TestContext, context: ${context}): Promise<TaskView> {
  const alone = defineTask<${context}>({
    name: 'alone',
    step_templates: [{ name: '${names.snake}', handler: ${exported} }],
  });
  const tasker = await createTasker({ storage: { kind: 'memory' }, tasks: [alone] });
  t.after(() => tasker.stop());
  await tasker.start();
  const handle = await tasker.run({ name: 'alone', context: { ...context } });
  return handle.wait();
}

await test('${names.snake} does its work once for its key', async (t) => {
  const task = await run(t, { id: 'one' });
  assert.equal(task.status, 'complete');
  assert.deepEqual(task.steps[0]?.results, { done: \`one (\${task.id}:${names.snake})\` });
});

await test('${names.snake} is not tried again when that is useless', async (t) => {
  const task = await run(t, { id: '' });
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
