import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { runTasker, spawnTasker } from './support/child.ts';
import { orderProject } from './support/project.ts';

describe('the tasker process', () => {
  it('runs a TypeScript configuration without a word of its own on stderr, and pure JSON on stdout', async (t) => {
    const { dir } = await orderProject(t);
    const { code, out, err } = await runTasker(t, dir, ['run', 'order', '--context', '-', '--json'], '{"amount": 5}');
    assert.equal(code, 0);
    assert.equal(err, '');
    assert.equal(JSON.parse(out).task.status, 'complete');
    assert.equal(out.includes('\u001b'), false);
  });

  it('is as quiet where the project does not say that it is made of modules', async (t) => {
    const { dir, write } = await orderProject(t);
    await write('package.json', '{}');
    const { code, err } = await runTasker(t, dir, ['config', '--json']);
    assert.equal(code, 0);
    assert.equal(err, '');
  });

  it('says through its exit code how the task ended, and what was wrong with the call', async (t) => {
    const { dir } = await orderProject(t);
    const codes = await Promise.all([
      runTasker(t, dir, ['run', 'order', '--context', '{"fail": "always"}', '--json']),
      runTasker(t, dir, ['show']),
      runTasker(t, dir, ['validate', 'nowhere.yaml', '--json']),
    ]);
    assert.deepEqual(
      codes.map(({ code }) => code),
      [1, 2, 4],
    );
    const [failed, , missing] = codes;
    assert.equal(JSON.parse(failed.out).task.status, 'error');
    assert.equal(JSON.parse(missing.err).error.code, 'TASKER_TEMPLATE_NOT_FOUND');
    assert.equal(missing.out, '');
  });

  it('ends although a handler never does', async (t) => {
    const { dir, write } = await orderProject(t);
    const step =
      '{ name: hang, handler_class: Hang, default_retryable: false, handler_config: { timeout_seconds: 0.05 } }';
    await write('hang.yaml', `name: hang\nstep_templates: [${step}]\n`);
    const { code, out } = await runTasker(t, dir, ['run', './hang.yaml', '--json']);
    assert.equal(code, 1);
    assert.equal(JSON.parse(out).task.steps[0].failure.cause, 'timeout');
  });

  it('submits to a running engine and follows; the engine carries operators out and stops when told', async (t) => {
    const { dir, write } = await orderProject(t);
    const engine = spawnTasker(t, dir, ['start', '--json']);
    await engine.whenWritten('"engine.started"');

    const failed = await runTasker(t, dir, ['run', 'order', '--context', '{"fail": "always"}', '--json']);
    assert.equal(failed.code, 1, failed.err);
    const { engine: by, task } = JSON.parse(failed.out);
    assert.equal(by, 'other');
    const resolved = await runTasker(t, dir, [
      'resolve',
      task.id,
      '--step',
      'charge',
      '--results',
      '{"charged": 1}',
      '--why',
      'paid in cash',
    ]);
    assert.equal(resolved.code, 0, resolved.err);

    const following = spawnTasker(t, dir, ['run', 'order', '--context', '{"fail": "wait"}']);
    await following.whenWritten('▸ charge');
    await write('go', '');
    assert.equal(await following.ended, 0);
    assert.match(following.err(), /runs by the running engine/);
    assert.match(following.out(), /^complete /);

    const second = await runTasker(t, dir, ['start']);
    assert.equal(second.code, 5);
    assert.match(second.err, /TASKER_ENGINE_ALREADY_RUNNING/);
    const refused = await runTasker(t, dir, ['retry', task.id]);
    assert.equal(refused.code, 5);
    assert.match(refused.err, /TASKER_TRANSITION_REFUSED/);

    engine.signal('SIGTERM');
    assert.equal(await engine.ended, 0, engine.err());
    assert.deepEqual(
      engine
        .out()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).event),
      ['engine.started', 'engine.stopped'],
    );
  });

  it('keeps an action for the next start where no engine runs, and that start applies it', async (t) => {
    const { dir } = await orderProject(t);
    const failed = await runTasker(t, dir, ['run', 'order', '--context', '{"fail": "always"}', '--json']);
    const { id } = JSON.parse(failed.out).task;
    const asked = await runTasker(t, dir, ['cancel', id, '--why', 'customer withdrew']);
    assert.equal(asked.code, 3);
    assert.equal(asked.out, 'applied at the next start\n');

    const engine = spawnTasker(t, dir, ['start']);
    await engine.whenWritten('engine.started');
    // Its own request is answered after the one that was there before it.
    const again = await runTasker(t, dir, ['cancel', id]);
    assert.equal(again.code, 5, again.err);
    const { task } = JSON.parse((await runTasker(t, dir, ['show', id, '--json'])).out);
    assert.equal(task.status, 'cancelled');
    engine.signal('SIGINT');
    assert.equal(await engine.ended, 0);
  });

  it('goes on elsewhere with a task whose process was interrupted', async (t) => {
    const { dir, write } = await orderProject(t);
    const order = ['run', 'order', '--context', '{"fail": "wait"}', '--idempotency-key', 'order-1'];
    const running = spawnTasker(t, dir, order);
    await running.whenWritten('▸ charge');
    running.signal('SIGINT');
    assert.equal(await running.ended, 130);

    await write('go', '');
    const engine = spawnTasker(t, dir, ['start']);
    await engine.whenWritten('engine.started');
    const followed = await runTasker(t, dir, [...order, '--json']);
    assert.equal(followed.code, 0, followed.err);
    assert.equal(JSON.parse(followed.out).task.steps[0].attempts, 2);
    const { tasks } = JSON.parse((await runTasker(t, dir, ['tasks', '--json'])).out);
    assert.equal(tasks.length, 1);
  });
});
