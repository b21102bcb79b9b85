import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createTasker, loadConfigFile } from '../../src/index.ts';
import { tasker } from './support/fake-io.ts';
import { orderProject } from './support/project.ts';

test('a step is retried with a new idempotency key, which the story then shows', async (t) => {
  const { dir } = await orderProject(t);
  const { config } = await loadConfigFile({ cwd: dir });
  const engine = await createTasker(config, { baseDir: dir, env: {} });
  t.after(() => engine.stop());
  await engine.start();
  const handle = await engine.run({ name: 'order', namespace: 'shop', context: { fail: 'always' } });
  await handle.wait();

  const retry = ['retry', handle.id, '--new-idempotency-key', '--why', 'refunded'];
  const withoutStep = await tasker({ cwd: dir }, retry);
  assert.equal(withoutStep.code, 2);
  assert.match(withoutStep.err, /name the step with --step/);

  const done = await tasker({ cwd: dir }, [...retry, '--step', 'charge']);
  assert.equal(done.code, 0, done.err);
  assert.match(done.out, /^'charge' is taken up again, with a new idempotency key; the task is /);
  const task = await engine.wait(handle.id);
  assert.equal(task.steps[0]?.idempotencyKey, `${handle.id}.2:charge`);
  const { out } = await tasker({ cwd: dir }, ['show', handle.id]);
  assert.match(out, /step\.retry_requested .*new idempotency key \(generation 2\), by ada, “refunded”/);
});

test('the key that a service was given can be read', async (t) => {
  const { dir } = await orderProject(t);
  const run = await tasker({ cwd: dir }, ['run', 'order', '--context', '{"amount": 1}', '--json']);
  const { task } = JSON.parse(run.out) as { task: { id: string; steps: { idempotencyKey: string }[] } };
  assert.deepEqual(
    task.steps.map((step) => step.idempotencyKey),
    [`${task.id}:charge`, `${task.id}:mail`],
  );
});
