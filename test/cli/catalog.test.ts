import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { catalog } from '../../src/index.ts';
import { tasker } from './support/fake-io.ts';
import { emptyProject } from './support/project.ts';

describe('catalog', () => {
  it('lists every event, without any configuration', async (t) => {
    const { dir } = await emptyProject(t);
    const { code, out } = await tasker({ cwd: dir }, ['catalog']);
    assert.equal(code, 0);
    assert.match(out, /^EVENT +KIND +WHEN\n/);
    for (const { name } of catalog) assert.ok(out.includes(`\n${name} `), name);
  });

  it('finds by namespace, and by words in names and meanings', async (t) => {
    const { dir } = await emptyProject(t);
    const names = async (...argv: string[]): Promise<string[]> =>
      JSON.parse((await tasker({ cwd: dir }, ['catalog', '--json', ...argv])).out).events.map(
        (event: { name: string }) => event.name,
      );
    assert.deepEqual(await names('worker'), ['worker.started', 'worker.stopped', 'worker.lost', 'worker.unresponsive']);
    assert.deepEqual(await names('deadline', 'passed'), ['task.sla_breached', 'step.sla_breached']);
    assert.deepEqual((await names('observability.task.*')).length, 3);
    assert.deepEqual(await names('xyzzy'), []);
    assert.match((await tasker({ cwd: dir }, ['catalog', 'xyzzy'])).err, /no event says 'xyzzy'/);
  });

  it('shows one event with its payload, who fires it, and an example', async (t) => {
    const { dir } = await emptyProject(t);
    const { out } = await tasker({ cwd: dir }, ['catalog', 'tasker.workflow.step_completed']);
    assert.equal(
      out,
      `workflow.step_completed
A step of the workflow is done; says what remains.

kind      live, echo of step.completed
severity  debug
version   1
fired by  The engine, after the fact that it echoes.

payload
  durationMs      number
  remainingSteps  string[]

example
  {
    "durationMs": 120.4,
    "remainingSteps": [
      "create_order",
      "send_confirmation"
    ]
  }
`,
    );
    const told = JSON.parse((await tasker({ cwd: dir }, ['catalog', 'task.cancelled', '--json'])).out);
    assert.deepEqual(
      [told.name, told.kind, told.echoes, told.payload.properties.by],
      ['task.cancelled', 'recorded', null, { type: 'string' }],
    );
  });
});
