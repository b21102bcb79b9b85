import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createTasker, loadConfigFile } from '../../src/index.ts';
import { tasker } from './support/fake-io.ts';
import { orderProject } from './support/project.ts';

test('a note on a task that has ended is taken as JSON or as text, and stands in its story', async (t) => {
  const { dir } = await orderProject(t);
  const { config } = await loadConfigFile({ cwd: dir });
  const engine = await createTasker(config, { baseDir: dir, env: {} });
  t.after(() => engine.stop());
  await engine.start();
  const { id } = await engine.run({ name: 'order', namespace: 'shop', context: { amount: 1 } });
  await engine.wait(id);
  const without = await tasker({ cwd: dir }, ['show', id]);
  assert.doesNotMatch(without.out, /NOTES/);

  const text = await tasker({ cwd: dir }, ['annotate', id, 'ticket', 'OPS-7 \u001b[2J']);
  assert.equal(text.code, 0, text.err);
  assert.equal(text.out, `'ticket' is noted; the task is complete\n`);
  const json = await tasker({ cwd: dir }, [
    'annotate',
    id,
    'refund',
    '{"amount": 5}',
    '--step',
    'charge',
    '--by',
    'bo',
  ]);
  assert.equal(json.code, 0, json.err);

  const { out } = await tasker({ cwd: dir }, ['show', id]);
  assert.match(out, /NOTES\n.* {2}ticket {2}OPS-7 \\u001b\[2J, by ada\n.* charge {2}refund {2}\{"amount":5\}, by bo\n/);
  const shown = await tasker({ cwd: dir }, ['show', id, '--json']);
  const { task } = JSON.parse(shown.out) as { task: { annotations: { key: string; value: unknown }[] } };
  assert.deepEqual(
    task.annotations.map(({ key, value }) => [key, value]),
    [
      ['ticket', 'OPS-7 \u001b[2J'],
      ['refund', { amount: 5 }],
    ],
  );

  const tooLong = await tasker({ cwd: dir }, ['annotate', id, 'k'.repeat(129), '1']);
  assert.equal(tooLong.code, 2);
  assert.match(tooLong.err, /TASKER_ANNOTATION_INVALID: .*expected a key of 1 to 128 characters, got one of 129/);
});
