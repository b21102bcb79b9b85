import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';

import { fakeIo, tasker, type Ran } from './support/fake-io.ts';
import { orderProject, orderTemplate } from './support/project.ts';
import { main } from '../../src/cli/main.ts';

function json(ran: Ran) {
  assert.equal(ran.err, '');
  return JSON.parse(ran.out);
}

const ok = (ran: Ran): Ran => {
  assert.equal(ran.code, 0, ran.err);
  return ran;
};

/** One `tasker run` holds the store until the file `go` is there; a second has said that it waits for it. */
async function secondRunWaits(t: TestContext) {
  const project = await orderProject(t);
  const first = fakeIo({ cwd: project.dir });
  const running = main(['run', 'order', '--context', '{"fail": "wait"}'], first);
  await first.whenNoted('▸ charge');
  const second = fakeIo({ cwd: project.dir });
  const waiting = main(['run', 'order'], second);
  await second.whenNoted("waiting: another 'tasker run' has the store");
  return { ...project, running, waiting, second };
}

describe('run', () => {
  it('does the work itself where no engine runs, tells of each step, and ends with a summary', async (t) => {
    const { dir } = await orderProject(t);
    const { code, out, err } = await tasker({ cwd: dir }, ['run', 'shop.order', '--context', '{"amount": 5}']);
    assert.equal(code, 0);
    assert.match(err, /runs in this process\n {2}✓ charge {2}\S+ ms\n {2}✓ mail {2}\S+ ms\n$/);
    assert.match(out, /^complete {2}shop\.order@1\.0\.0 {2}[0-9a-f-]{36} {2}after /);
    assert.match(out, /^ {2}charge {2}complete +1\/2 /m);
  });

  it('runs one after the other what is started at the same moment, and loses none', async (t) => {
    const { dir } = await orderProject(t);
    const each = ['1', '2', '3', '4', '5', '6'].map((n) =>
      tasker({ cwd: dir }, ['run', 'order', '--context', `{"amount": ${n}}`, '--json']),
    );
    const ended = (await Promise.all(each)).map(({ code, out }) => [code, JSON.parse(out).task.status]);
    assert.deepEqual(
      ended,
      each.map(() => [0, 'complete']),
    );
    const { tasks } = json(ok(await tasker({ cwd: dir }, ['tasks', '--json'])));
    assert.equal(tasks.length, each.length);
  });

  it('takes the context from a file or from standard input, and the template from a file', async (t) => {
    const { dir, write } = await orderProject(t);
    await write('order.json', '{ "amount": 7 }');
    await write('other.yaml', orderTemplate.replace('name: order', 'name: other'));
    const fromFile = json(ok(await tasker({ cwd: dir }, ['run', 'order', '--context', 'order.json', '--json'])));
    assert.deepEqual(fromFile.task.steps[0].results, { charged: 7 });
    const fromStdin = json(
      ok(await tasker({ cwd: dir, stdin: '{"amount": 8}' }, ['run', './other.yaml', '--context', '-', '--json'])),
    );
    assert.equal(fromStdin.task.name, 'other');
    assert.deepEqual(fromStdin.task.context, { amount: 8 });
  });

  it('passes on everything that a request can say', async (t) => {
    const { dir } = await orderProject(t);
    const argv = [
      'run',
      'order',
      '--json',
      '--version',
      '1.0.0',
      '--namespace',
      'shop',
      '--correlation-id',
      'o-1',
      '--idempotency-key',
      'k-1',
      '--reason',
      'a trial',
      '--tag',
      'a',
      '--tag',
      'b',
      '--bypass',
      'mail',
      '--traceparent',
      '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    ];
    const { task, existing, engine } = json(ok(await tasker({ cwd: dir }, argv)));
    const { correlationId, idempotencyKey, reason, tags, bypassSteps, traceId, initiator, sourceSystem } = task;
    assert.deepEqual(
      { existing, engine, correlationId, idempotencyKey, reason, tags, bypassSteps, traceId, initiator, sourceSystem },
      {
        existing: false,
        engine: 'own',
        correlationId: 'o-1',
        idempotencyKey: 'k-1',
        reason: 'a trial',
        tags: ['a', 'b'],
        bypassSteps: ['mail'],
        traceId: '0af7651916cd43dd8448eb211c80319c',
        initiator: 'ada',
        sourceSystem: 'tasker-cli',
      },
    );
    const again = json(ok(await tasker({ cwd: dir }, argv)));
    assert.equal(again.existing, true);
    assert.equal(again.task.id, task.id);
  });

  it('takes a priority and a start time, which the list and the story show', async (t) => {
    const { dir } = await orderProject(t);
    const run = ['run', 'order', '--context', '{"amount": 5}'];
    const { task } = json(
      ok(await tasker({ cwd: dir }, [...run, '--json', '--priority', '-7', '--start-at', '200ms'])),
    );
    assert.deepEqual([task.status, task.priority], ['complete', -7]);
    assert.ok(task.startedAt >= task.startAt && task.startAt > task.createdAt);
    const { out } = ok(await tasker({ cwd: dir }, ['show', task.id]));
    assert.match(out, /^ {2}to start +\d{4}-/m);
    assert.match(out, /^ {2}priority +-7$/m);
    const { tasks } = json(ok(await tasker({ cwd: dir }, ['tasks', '--json'])));
    assert.deepEqual([tasks[0].priority, tasks[0].startAt], [-7, task.startAt]);

    for (const [option, value] of [
      ['--priority', '101'],
      ['--priority', 'high'],
      ['--start-at', 'soon'],
    ] as const) {
      const refused = await tasker({ cwd: dir }, [...run, option, value]);
      assert.equal(refused.code, 2, refused.err);
      assert.match(refused.err, new RegExp(`${option}.*|Expected a whole number from -100 to 100`));
    }
  });

  it('exits with 1 when the task ends in error, and tells of every attempt', async (t) => {
    const { dir } = await orderProject(t);
    const { code, out, err } = await tasker({ cwd: dir }, ['run', 'order', '--context', '{"fail": "always"}']);
    assert.equal(code, 1);
    assert.match(out, /^error {2}shop\.order/);
    assert.match(
      err,
      /✗ charge {2}Error after .* ms\n {2}↻ charge {2}again in \d+ ms \(backoff\)\n {2}✗ charge #2 {2}Error after .* ms \(exhausted\)\n/,
    );
    assert.match(err, /hint: 'tasker show [0-9a-f-]{36}'/);
  });

  it('stops when it is interrupted; the task is kept', async (t) => {
    const { dir } = await orderProject(t);
    const io = fakeIo({ cwd: dir });
    const running = main(['run', 'order', '--context', '{"fail": "wait"}'], io);
    await io.whenNoted('▸ charge');
    io.interrupt();
    await io.whenNoted("interrupted: the task is kept; 'tasker start' goes on with it");
    assert.equal(await running, 130);
    const { tasks } = json(await tasker({ cwd: dir }, ['tasks', '--json']));
    assert.deepEqual(
      tasks.map((task: { status: string }) => task.status),
      ['in_progress'],
    );
  });

  it('waits for another that has the store, and then does its own work', async (t) => {
    const { dir, write, running, waiting } = await secondRunWaits(t);
    await write('go', '');
    assert.deepEqual([await running, await waiting], [0, 0]);
    const { tasks } = json(await tasker({ cwd: dir }, ['tasks', '--json']));
    assert.equal(tasks.length, 2);
  });

  it('creates nothing when it is interrupted while it waits for the store', async (t) => {
    const { dir, write, running, waiting, second } = await secondRunWaits(t);
    second.interrupt();
    assert.equal(await waiting, 130);
    await write('go', '');
    assert.equal(await running, 0);
    const { tasks } = json(await tasker({ cwd: dir }, ['tasks', '--json']));
    assert.equal(tasks.length, 1);
  });

  it('refuses what cannot be run: exit code 2 for a request, 4 for a template', async (t) => {
    const { dir } = await orderProject(t);
    const run = async (...argv: string[]): Promise<readonly [number, string]> => {
      const { code, err } = await tasker({ cwd: dir }, ['run', ...argv]);
      return [code, /^error (\w+):/.exec(err)?.[1] ?? err];
    };
    assert.deepEqual(await run('order', '--context', '{"amount": "five"}'), [2, 'TASKER_CONTEXT_INVALID']);
    assert.deepEqual(await run('order', '--context', '{"amount": '), [2, 'TASKER_CLI_USAGE']);
    assert.deepEqual(await run('order', '--context', '[]'), [2, 'TASKER_CLI_USAGE']);
    assert.deepEqual(await run('order', '--context', 'nowhere.json'), [2, 'TASKER_CLI_USAGE']);
    assert.deepEqual(await run('order', '--correlation-id', 'a b'), [2, 'TASKER_REQUEST_INVALID']);
    assert.deepEqual(await run('order', '--bypass', 'charge'), [2, 'TASKER_REQUEST_INVALID']);
    assert.deepEqual(await run('shop.ordre'), [4, 'TASKER_TEMPLATE_NOT_FOUND']);
    assert.deepEqual(await run('shop.order@9.9.9'), [4, 'TASKER_TEMPLATE_NOT_FOUND']);
    assert.deepEqual(await run('shop.order', '--namespace', 'other'), [2, 'TASKER_CLI_USAGE']);
    assert.deepEqual(await run('nowhere.yaml'), [4, 'TASKER_TEMPLATE_NOT_FOUND']);
    assert.deepEqual(await run('order', '--detach'), [1, 'TASKER_ENGINE_NOT_RUNNING']);
  });
});

describe('looking', () => {
  it('lists tasks by what they are filtered on, newest first', async (t) => {
    const { dir } = await orderProject(t);
    await tasker({ cwd: dir }, ['run', 'order', '--correlation-id', 'a']);
    await tasker({ cwd: dir }, ['run', 'order', '--correlation-id', 'b', '--context', '{"fail": "always"}']);
    const listed = async (...argv: string[]): Promise<string[]> =>
      json(ok(await tasker({ cwd: dir }, ['tasks', '--json', ...argv]))).tasks.map(
        (task: { correlationId: string }) => task.correlationId,
      );
    assert.deepEqual(await listed(), ['b', 'a']);
    assert.deepEqual(await listed('--status', 'error'), ['b']);
    assert.deepEqual(await listed('--correlation-id', 'a'), ['a']);
    assert.deepEqual(await listed('--name', 'order', '--namespace', 'shop', '--since', '1h'), ['b', 'a']);
    assert.deepEqual(await listed('--name', 'other'), []);
    const first = json(await tasker({ cwd: dir }, ['tasks', '--json', '--limit', '1']));
    assert.deepEqual(await listed('--before', first.next), ['a']);
    const { out } = ok(await tasker({ cwd: dir }, ['tasks']));
    assert.match(
      out,
      /^ID +TASK +STATUS +CREATED +TOOK +STEPS\n[0-9a-f-]{36} {2}shop\.order@1\.0\.0 {2}error .* 0\/2 {2}1 failed\n/,
    );
  });

  it('shows a timeline with durations and errors, without letting their texts move the cursor', async (t) => {
    const { dir } = await orderProject(t);
    const { task } = json(await tasker({ cwd: dir }, ['run', 'order', '--json', '--context', '{"fail": "once"}']));
    const { out } = ok(await tasker({ cwd: dir }, ['show', task.id]));
    assert.match(out, /^complete {2}shop\.order@1\.0\.0/);
    assert.match(out, /charge #1 {2}failed +\S+ ms {2}Error: card \\u001b\[2Jreader is busy/);
    assert.match(out, /charge #2 {2}completed +\S+ ms/);
    assert.match(out, /task\.completed/);
    const history = json(ok(await tasker({ cwd: dir }, ['show', task.id, '--json'])));
    assert.deepEqual(Object.keys(history), ['task', 'timeline']);
    assert.equal((await tasker({ cwd: dir }, ['show', 'nothing'])).code, 4);
  });

  it('prints events as lines of JSON that can be gone on from', async (t) => {
    const { dir } = await orderProject(t);
    const { task } = json(await tasker({ cwd: dir }, ['run', 'order', '--json']));
    const read = async (...argv: string[]): Promise<{ position: number; name: string }[]> => {
      const { out } = ok(await tasker({ cwd: dir }, ['events', '--json', ...argv]));
      return out
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
    };
    const all = await read('--task', task.id);
    assert.equal(all[0]?.name, 'task.initialize_requested');
    assert.equal(all.at(-1)?.name, 'task.completed');
    assert.deepEqual(await read('--task', task.id, '--after', String(all[2]?.position)), all.slice(3));
    const ended = await read('--name', 'step.completed', '--name', 'task.completed', '--since', '1h');
    assert.deepEqual(
      ended.map((event) => event.name),
      ['step.completed', 'step.completed', 'task.completed'],
    );
    assert.deepEqual(await read('--task', task.id, '--limit', '1'), all.slice(0, 1));
  });

  it('backs the store up into a file that the command line can read', async (t) => {
    const { dir, write } = await orderProject(t);
    const { task } = json(await tasker({ cwd: dir }, ['run', 'order', '--json']));
    ok(await tasker({ cwd: dir }, ['backup', 'copy.db']));
    await write('other.config.ts', "export default { storage: { kind: 'sqlite', file: 'copy.db' } };");
    const { out } = ok(await tasker({ cwd: dir }, ['show', task.id, '--config', 'other.config.ts']));
    assert.match(out, /^complete/);
    const again = await tasker({ cwd: dir }, ['backup', 'copy.db']);
    assert.equal(again.code, 5);
    assert.match(again.err, /TASKER_BACKUP_FAILED: .*it is there already/);
  });

  it('works while a template is broken', async (t) => {
    const { dir, write } = await orderProject(t);
    await write('order.yaml', 'name: [');
    ok(await tasker({ cwd: dir }, ['tasks']));
    const { code, err } = await tasker({ cwd: dir }, ['run', 'shop.order']);
    assert.equal(code, 1);
    assert.match(err, /^error TASKER_TEMPLATE_INVALID/);
  });
});

describe('stepping in without an engine', () => {
  it('keeps the request for the next start, and exits with 3', async (t) => {
    const { dir } = await orderProject(t);
    const { task } = json(await tasker({ cwd: dir }, ['run', 'order', '--json', '--context', '{"fail": "always"}']));
    const { code, out, err } = await tasker({ cwd: dir }, [
      'resolve',
      task.id,
      '--step',
      'charge',
      '--results',
      '{"charged": 1}',
      '--why',
      'paid in cash',
    ]);
    assert.equal(code, 3);
    assert.equal(out, 'applied at the next start\n');
    assert.match(err, /hint: 'tasker start' starts one/);
    const asJson = await tasker({ cwd: dir }, ['skip', task.id, '--step', 'mail', '--json']);
    assert.equal(asJson.code, 3);
    assert.deepEqual(json(asJson), { applied: false, taskId: task.id, task: null });
    assert.equal((await tasker({ cwd: dir }, ['cancel', 'nothing'])).code, 4);
  });
});

describe('validate', () => {
  it('checks files alone: no configuration, no store', async (t) => {
    const { dir, write } = await orderProject(t);
    await write('tasker.config.ts', "throw new Error('not to be loaded');");
    await write('typo.yaml', `${orderTemplate}\ndescritpion: x\n`);
    await write('broken.yaml', 'name: [');
    assert.match(ok(await tasker({ cwd: dir }, ['validate', 'order.yaml'])).out, /^valid {2}order\.yaml\n$/);
    assert.match(ok(await tasker({ cwd: dir }, ['validate', 'typo.yaml'])).out, /^valid.*\n.*descritpion/);
    assert.equal((await tasker({ cwd: dir }, ['validate', 'typo.yaml', '--strict'])).code, 1);
    const both = await tasker({ cwd: dir }, ['validate', 'order.yaml', 'broken.yaml', '--json']);
    assert.equal(both.code, 1);
    const { valid, files } = json(both);
    assert.equal(valid, false);
    assert.deepEqual(
      files.map((file: { valid: boolean }) => file.valid),
      [true, false],
    );
    assert.equal((await tasker({ cwd: dir }, ['validate', 'nowhere.yaml'])).code, 4);
    assert.equal(existsSync(join(dir, 'tasker.db')), false);
  });

  it('finds missing handlers with --handlers', async (t) => {
    const { dir, write } = await orderProject(t);
    ok(await tasker({ cwd: dir }, ['validate', '--handlers']));
    const other = await write(
      'other.yaml',
      orderTemplate.replace('handler_class: Mail', 'handler_class: Mial').replace('name: mail', 'name: letter'),
    );
    ok(await tasker({ cwd: dir }, ['validate', other]));
    const { code, out } = await tasker({ cwd: dir }, ['validate', other, '--handlers']);
    assert.equal(code, 1);
    assert.match(out, /^invalid .*other\.yaml\n.*Mial/);
  });
});

describe('config', () => {
  it('prints what is in force, and from where', async (t) => {
    const { dir } = await orderProject(t);
    const world = { cwd: dir, env: { TASKER_ENV: 'staging' } };
    const { out } = ok(await tasker(world, ['config']));
    assert.match(
      out,
      new RegExp(
        `^configuration +${join(dir, 'tasker.config.ts')}\nenvironment +staging\nstorage +sqlite ${join(dir, 'tasker.db')}\n`,
      ),
    );
    assert.match(out, /shop\.order@1\.0\.0 {2}order\.yaml\n {2}charge {2}Charge {2}found\n/);
    const told = json(ok(await tasker(world, ['config', '--json'])));
    assert.equal(told.config.environment, 'staging');
    assert.deepEqual(told.templates[0].steps[1], { name: 'mail', handlerClass: 'Mail', found: true });
    assert.equal(existsSync(join(dir, 'tasker.db')), false);
  });

  it('shows the other templates too when one is wrong', async (t) => {
    const { dir, write } = await orderProject(t);
    await write(
      'tasker.config.mjs',
      "export default { templates: ['broken.yaml', 'order.yaml'], handlers: { Charge() {}, Mail() {} } };",
    );
    await write('broken.yaml', 'name: [');
    const { code, out } = await tasker({ cwd: dir }, ['config', '--config', 'tasker.config.mjs']);
    assert.equal(code, 1);
    assert.match(out, /wrong {2}broken\.yaml/);
    assert.match(out, /shop\.order@1\.0\.0 {2}order\.yaml/);
  });
});
