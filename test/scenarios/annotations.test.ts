import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import {
  createTasker,
  defineTask,
  isTaskerError,
  type StepContext,
  type TaskDefinition,
  type TaskerErrorCode,
} from '../../src/index.ts';
import { gate, rest, world } from '../support/world.ts';

const code = (expected: TaskerErrorCode) => (error: unknown) => isTaskerError(error, expected);

/** pay → ship; paying is what the test says. */
function order(pay: (context: StepContext) => unknown): TaskDefinition {
  return defineTask({
    name: 'order',
    step_templates: [
      {
        name: 'pay',
        default_retry_limit: 2,
        handler_config: { timeout_seconds: 60, retry_backoff: { kind: 'constant', base_seconds: 1, jitter: 0 } },
        handler: pay,
      },
      { name: 'ship', depends_on_step: 'pay', handler: () => 1 },
    ],
  });
}

const run = { name: 'order', context: {} };

test('a note is taken while the task runs and when it has ended; no event tells of it, and its state stays', async (t) => {
  const paying = gate<number>();
  const { tasker, clock, events } = await world(t, [order(() => paying.promise)]);
  const { id } = await tasker.run(run);
  await rest();
  await tasker.annotate(id, { key: 'ticket', value: 'OPS-1', by: 'ada', step: 'pay' });
  paying.open(1);
  const ended = await tasker.wait(id);
  const told = await events(id);
  const startMs = clock.now();
  await clock.advance(60_000);
  const after = await tasker.annotate(id, { key: 'ticket', value: { closed: [true, null] } });
  assert.deepEqual(after.annotations, [
    { at: startMs, by: 'ada', step: 'pay', attempt: null, key: 'ticket', value: 'OPS-1' },
    { at: startMs + 60_000, by: 'unknown', step: null, attempt: null, key: 'ticket', value: { closed: [true, null] } },
  ]);
  assert.deepEqual({ ...after, annotations: ended.annotations }, ended);
  assert.deepEqual(after.annotations.slice(0, 1), ended.annotations);
  assert.deepEqual((await tasker.history(id)).task, after);
  assert.deepEqual(await events(id), told);
});

test('what a handler notes is written with the outcome of its attempt, also a failed one', async (t) => {
  const first = gate();
  const { tasker, clock } = await world(t, [
    order(async ({ annotate, attempt }) => {
      annotate('bank', { answered: attempt === 2 });
      if (attempt === 2) return 1;
      await first.promise;
      throw new Error('busy');
    }),
  ]);
  const { id } = await tasker.run(run);
  await rest();
  assert.deepEqual((await tasker.get(id)).annotations, [], 'not before the outcome');
  first.open();
  await rest();
  const startMs = clock.now();
  const failed = { at: startMs, by: null, step: 'pay', attempt: 1, key: 'bank', value: { answered: false } };
  assert.deepEqual((await tasker.get(id)).annotations, [failed]);
  await clock.advance(1000);
  const { annotations } = await tasker.wait(id);
  assert.deepEqual(annotations, [failed, { ...failed, at: startMs + 1000, attempt: 2, value: { answered: true } }]);
});

test('a note of a cancelled attempt is not written, and one that comes too late is refused', async (t) => {
  const cancelled = gate();
  let late: unknown;
  const { tasker } = await world(t, [
    order(async ({ annotate }) => {
      annotate('early', 1);
      await cancelled.promise;
      try {
        annotate('late', 2);
      } catch (error) {
        late = error;
      }
    }),
  ]);
  const { id } = await tasker.run(run);
  await rest();
  await tasker.cancel(id);
  cancelled.open();
  await rest();
  assert.ok(isTaskerError(late, 'TASKER_ANNOTATION_REFUSED'));
  assert.match(late.message, /attempt 1 of step 'pay' has ended/);
  assert.deepEqual((await tasker.get(id)).annotations, []);
});

test('a note must have a key of up to 128 characters, a JSON value of up to 4 KiB, and a step that there is', async (t) => {
  const { tasker } = await world(t, [order(() => 1)]);
  const { id } = await tasker.run(run);
  await tasker.wait(id);
  const fits = { key: 'k'.repeat(128), value: 'é'.repeat(2047) };
  await tasker.annotate(id, fits);
  for (const unfit of [
    { ...fits, key: `${fits.key}k` },
    { ...fits, key: '' },
    { ...fits, value: `${fits.value}x` },
    { ...fits, value: undefined as never },
    { ...fits, value: 1n as never },
  ]) {
    await assert.rejects(tasker.annotate(id, unfit), code('TASKER_ANNOTATION_INVALID'));
  }
  await assert.rejects(tasker.annotate(id, { ...fits, step: 'pray' }), code('TASKER_STEP_NOT_FOUND'));
  await assert.rejects(tasker.annotate('none', fits), code('TASKER_TASK_NOT_FOUND'));
  assert.equal((await tasker.get(id)).annotations.length, 1);
});

test('the hundredth note is the last, whoever makes it', async (t) => {
  const operator = gate();
  let refused: unknown;
  const { tasker } = await world(t, [
    order(async ({ annotate }) => {
      for (let count = 1; count <= 98; count += 1) annotate('count', count);
      await operator.promise;
      annotate('count', 'handler');
      try {
        annotate('count', 'one too many');
      } catch (error) {
        refused = error;
      }
    }),
  ]);
  const { id } = await tasker.run(run);
  await rest();
  await tasker.annotate(id, { key: 'operator', value: null });
  operator.open();
  assert.equal((await tasker.wait(id)).status, 'complete');
  assert.ok(isTaskerError(refused, 'TASKER_ANNOTATION_REFUSED'));
  await assert.rejects(tasker.annotate(id, { key: 'operator', value: 2 }), code('TASKER_ANNOTATION_REFUSED'));
  const { annotations } = await tasker.get(id);
  assert.equal(annotations.length, 100);
  assert.equal(annotations.at(-1)?.value, 'handler');
});

test('a note that the handler may not make fails its attempt, like any error', async (t) => {
  const { tasker, clock } = await world(t, [order(({ annotate }) => annotate('', 1))]);
  const { id } = await tasker.run(run);
  await clock.advance(10_000);
  const task = await tasker.wait(id);
  assert.deepEqual([task.status, task.steps[0]?.failure?.error.code], ['error', 'TASKER_ANNOTATION_INVALID']);
});

test('another process notes through the engine that runs, or for the next one', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tasker-notes-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const config = { storage: { kind: 'sqlite', file: join(dir, 'tasker.db') }, tasks: [order(() => 1)] } as const;
  const engine = await createTasker(config, { env: {} });
  const client = await createTasker(config, { env: {} });
  t.after(() => client.stop());
  await engine.start();
  const { id } = await engine.run(run);
  await engine.wait(id);
  const seen = await client.annotate(id, { key: 'from', value: 'client', by: 'ada' });
  assert.deepEqual(
    seen.annotations.map(({ key, value, by }) => [key, value, by]),
    [['from', 'client', 'ada']],
  );
  await assert.rejects(
    client.annotate(id, { key: '', value: 1 }),
    code('TASKER_ANNOTATION_INVALID'),
    'it is no command row',
  );
  await assert.rejects(client.annotate(id, { key: 'k', value: 1, step: 'pray' }), code('TASKER_STEP_NOT_FOUND'));
  await engine.stop();
  await assert.rejects(client.annotate(id, { key: 'from', value: 'later' }), code('TASKER_COMMAND_NOT_APPLIED'));

  const next = await createTasker(config, { env: {} });
  await next.start();
  // The engine looks at its commands in order; what is asked now is answered after what was there.
  await client.annotate(id, { key: 'from', value: 'next' });
  const { annotations } = await next.get(id);
  await next.stop();
  assert.deepEqual(
    annotations.map(({ value }) => value),
    ['client', 'later', 'next'],
  );
});
