import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createTasker, defineTask } from '../../src/index.ts';
import { rest } from '../../src/testing/fake-clock.ts';
import { restartable } from '../support/restartable.ts';

/** Its handler never returns by itself in version 1.0.0, and says which version it is of in the others. */
function report(version: string) {
  return defineTask({
    name: 'report',
    version,
    handler_config: { monitoring: { sla_seconds: 60 } },
    step_templates: [
      {
        name: 'write',
        handler_config: { monitoring: { stall_seconds: 600 } },
        handler: ({ signal }) =>
          version === '1.0.0'
            ? new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
            : version,
      },
    ],
  });
}

async function leftBehind(t: Parameters<typeof restartable>[0]) {
  const engines = await restartable(t, [report('1.0.0')]);
  const first = await engines.start();
  const { id } = await first.run({ name: 'report', context: {} });
  await rest();
  const stopped = first.stop({ graceMs: 0 });
  await engines.clock.advance(2000);
  await stopped;
  return { engines, id };
}

test('a task of an earlier version goes on with the handlers of the same major version', async (t) => {
  const { engines, id } = await leftBehind(t);
  const second = await engines.start({ tasks: [report('1.2.0'), report('1.10.0'), report('2.0.0')] });
  const task = await second.wait(id);
  assert.deepEqual([task.status, task.version, task.steps[0]?.results], ['complete', '1.0.0', '1.10.0']);
});

test('a task that this process has no handlers for waits, its SLA is watched, and it can be cancelled', async (t) => {
  const { engines, id } = await leftBehind(t);
  const second = await engines.start({ tasks: [report('2.0.0')] });
  await rest();
  await engines.clock.advance(120_000);
  const waiting = await second.get(id);
  assert.deepEqual([waiting.status, waiting.steps[0]?.attempts], ['in_progress', 1]);
  assert.deepEqual(
    (await engines.story(second, id)).filter((line) => line.startsWith('task.sla')),
    ['task.sla_breached'],
  );
  assert.deepEqual(
    engines.warnings.filter((warning) => warning.includes('no handlers')),
    [
      'Tasks of default.report@1.0.0 wait: this process has no handlers for them. Register that version beside the new one, or cancel them.',
    ],
  );
  assert.equal((await second.cancel(id, { by: 'ops', why: 'replaced' })).status, 'cancelled');
});

test('an operator can finish by hand what this process has no handlers for', async (t) => {
  const { engines, id } = await leftBehind(t);
  const second = await engines.start({ tasks: [] });
  const task = await second.resolve(id, { step: 'write', results: { pages: 3 }, by: 'ops' });
  assert.deepEqual([task.status, task.steps[0]?.status], ['complete', 'resolved_manually']);
});

test('it goes on once its own version is registered again', async (t) => {
  const { engines, id } = await leftBehind(t);
  const second = await engines.start({ tasks: [report('2.0.0')] });
  await rest();
  const stopped = second.stop();
  await engines.clock.advance(2000);
  await stopped;
  const third = await engines.start({ tasks: [report('1.0.1')] });
  await engines.clock.advance(60_000);
  assert.equal((await third.wait(id)).status, 'complete');
});

test('an engine for its own tasks alone takes up what somebody waits for', async (t) => {
  const { engines, id } = await leftBehind(t);
  const second = await engines.start({ tasks: [report('1.1.0')], advance: 'own' });
  await engines.clock.advance(60_000);
  assert.equal((await second.get(id)).status, 'in_progress', 'nobody has asked');
  assert.equal((await second.wait(id)).status, 'complete');
});

test('waiting for a task that an engine of its own tasks cannot run is refused with what to do', async (t) => {
  const { engines, id } = await leftBehind(t);
  const second = await engines.start({ tasks: [report('2.0.0')], advance: 'own' });
  await assert.rejects(second.wait(id), { code: 'TASKER_HANDLER_NOT_FOUND', message: /Register that version/ });
});

test('one that has ended is found by its idempotency key though nothing could run it any more, and nobody is warned', async (t) => {
  const engines = await restartable(t, [report('1.1.0')]);
  const first = await engines.start();
  const request = { name: 'report', context: {}, idempotencyKey: 'monthly' };
  const { id } = await first.run(request);
  await first.wait(id);
  await first.stop();
  const own = await engines.start({ tasks: [report('2.0.0')], advance: 'own' });
  const again = await own.run(request);
  assert.deepEqual([again.id, again.existing, (await again.wait()).status], [id, true, 'complete']);
  await assert.rejects(own.retry(id), { code: 'TASKER_TRANSITION_REFUSED' });
  assert.deepEqual(engines.warnings, []);
});

test('a tasker that advances its own tasks does not silently go on to all', async (t) => {
  const engines = await restartable(t, [report('2.0.0')]);
  const tasker = await engines.start({ advance: 'own' });
  await assert.rejects(tasker.start(), { code: 'TASKER_ENGINE_ALREADY_RUNNING', message: /advance: 'own'/ });
  await tasker.start({ advance: 'own' });
});

test('content that comes back is the current one again: it is told once, and taken in production', async (t) => {
  const [first, second] = ['1', '2'].map((answer) =>
    defineTask({ name: 'twice', step_templates: [{ name: `pay_${answer}`, handler: () => answer }] }),
  );
  assert.ok(first !== undefined && second !== undefined);
  const engines = await restartable(t, [first]);
  for (const tasks of [[first], [second], [first], [first]]) {
    const engine = await engines.start({ tasks });
    await engines.clock.advance(100);
    await engine.stop();
  }
  assert.equal(engines.warnings.filter((warning) => warning.includes('revision')).length, 2);
  const production = await createTasker(
    { storage: { kind: 'sqlite', file: engines.file }, tasks: [first], environment: 'production' },
    { env: {}, clock: engines.clock },
  );
  await production.stop();
});
