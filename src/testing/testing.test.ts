import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { defineTask } from '../index.ts';
import { createTestTasker, runTask, spyOn } from './index.ts';

const one = (handler: () => unknown) => defineTask({ name: 'one', step_templates: [{ name: 'step', handler }] });

test('a template file is run with the handlers given', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'tasker-testing-'));
  t.after(() => rm(dir, { recursive: true }));
  await writeFile(join(dir, 'a.yaml'), 'name: a\nstep_templates:\n  - { name: s, handler_class: Shop::Work }\n');
  const { status, results } = await runTask('a.yaml', { baseDir: dir, handlers: { Work: () => ({ done: true }) } });
  assert.deepEqual([status, results], ['complete', { s: { done: true } }]);
});

test('the same seed gives the same run, to the byte', async () => {
  const run = async (seed: number) =>
    (
      await runTask(
        one(() => 1),
        { seed },
      )
    ).events;
  assert.deepEqual(await run(7), await run(7));
  assert.notDeepEqual(await run(7), await run(8));
});

test('real work in a handler takes none of the task’s time', async () => {
  const real = one(() => new Promise((resolve) => setTimeout(() => resolve(1), 20)));
  const { status, elapsedMs } = await runTask(real);
  assert.deepEqual([status, elapsedMs], ['complete', 0]);
});

test('a handler that does not settle is named, with what to do', async () => {
  const stuck = runTask(
    one(() => new Promise(() => undefined)),
    { realTimeoutMs: 20 },
  );
  await assert.rejects(stuck, {
    code: 'TASKER_WAIT_ABORTED',
    message: /handler of step has not settled.*advanceWhileRunning/,
  });
});

test('a task that waits longer than it may is told with how it stands', async () => {
  const patient = defineTask({
    name: 'one',
    step_templates: [
      {
        name: 'step',
        handler_config: { retry_backoff: { kind: 'constant', base_seconds: 3000, max_seconds: 3000, jitter: 0 } },
        handler: () => {
          throw new Error('later');
        },
      },
    ],
  });
  await assert.rejects(
    runTask(patient, { withinMs: 10_000 }),
    /After 10000 ms of its own time the task is in_progress \(step: /,
  );
});

test('a stand-in for a step that is not there is refused', async () => {
  await assert.rejects(
    runTask(
      one(() => 1),
      { handlers: { stepp: () => 1 } },
    ),
    {
      code: 'TASKER_HANDLER_NOT_FOUND',
      message: /no step 'stepp'.*steps are step/,
    },
  );
});

test('a spy gives each event once, in order, and says what it heard instead', async (t) => {
  const { tasker, stop } = await createTestTasker({ tasks: [one(() => 1)] });
  t.after(stop);
  const spy = spyOn(tasker);
  const later = spy.next('task.completed');
  for (let count = 0; count < 2; count += 1) await (await tasker.run({ name: 'one', context: {} })).wait();
  const first = await later;
  const second = await spy.next('task.completed');
  assert.notEqual(first.taskId, second.taskId);
  assert.equal(spy.heard('step.completed').length, 2);
  await assert.rejects(spy.next('task.failed', { timeoutMs: 5 }), {
    message: /No 'task\.failed' within 5 ms\. Heard.*task\.completed/,
  });
});
