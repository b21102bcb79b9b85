import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createTasker, defineTask, RetryableError } from '../../src/index.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';

test('an engine for its own tasks alone keeps one that waits long, and finishes it', async (t) => {
  const clock = new FakeClock();
  const patient = defineTask({
    name: 'patient',
    step_templates: [
      {
        name: 'pay',
        handler: ({ attempt }) => {
          if (attempt === 1) throw new RetryableError('later', { retryAfterMs: 60_000 });
          return attempt;
        },
      },
    ],
  });
  const tasker = await createTasker({ storage: { kind: 'memory' }, tasks: [patient] }, { clock, env: {} });
  await tasker.start({ advance: 'own' });
  t.after(() => tasker.stop());
  const handle = await tasker.run({ name: 'patient', context: {} });
  await clock.advance(60_000);
  assert.equal((await handle.wait()).status, 'complete');
});

test('whoever waits for a task of a tasker that has been stopped is told so', async () => {
  const now = defineTask({ name: 'now', step_templates: [{ name: 'pay', handler: () => 1 }] });
  const tasker = await createTasker({ storage: { kind: 'memory' }, tasks: [now] }, { env: {} });
  await tasker.start();
  const handle = await tasker.run({ name: 'now', context: {} });
  await tasker.stop();
  const stopped = { code: 'TASKER_ENGINE_NOT_RUNNING', message: /has been stopped/ };
  await assert.rejects(handle.wait(), stopped);
  await assert.rejects(tasker.get(handle.id), stopped);
  await assert.rejects(tasker.list(), stopped);
  await assert.rejects(tasker.events(), stopped);
  await assert.rejects(tasker.lastPosition(), stopped);
});
