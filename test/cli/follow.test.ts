import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { main } from '../../src/cli/main.ts';
import { createTasker, loadConfigFile } from '../../src/index.ts';
import { runTasker, spawnTasker } from './support/child.ts';
import { fakeIo, tasker } from './support/fake-io.ts';
import { orderProject } from './support/project.ts';

interface Told {
  readonly position: number;
  readonly name: string;
  readonly taskId: string | null;
}

const events = (out: string): Told[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Told);

async function runOrder(dir: string): Promise<void> {
  const { code, err } = await tasker({ cwd: dir }, ['run', 'order', '--context', '{"amount": 5}']);
  assert.equal(code, 0, err);
}

const wholeLog = async (dir: string): Promise<Told[]> => events((await tasker({ cwd: dir }, ['events', '--json'])).out);

describe('events --follow', () => {
  it('prints what is recorded from now on, one line each, and ends well when it is interrupted', async (t) => {
    const { dir } = await orderProject(t);
    await runOrder(dir);
    const before = (await wholeLog(dir)).length;
    const io = fakeIo({ cwd: dir });
    const following = main(['events', '--follow'], io);
    await io.whenNoted(`following after position ${before}`);
    const { config } = await loadConfigFile({ cwd: dir });
    const engine = await createTasker(config, { baseDir: dir, env: {} });
    await engine.start();
    const handle = await engine.run({ name: 'order', namespace: 'shop', context: { amount: 1 } });
    await io.whenNoted('task.completed');
    await engine.stop();
    await io.whenNoted('worker.stopped');
    io.interrupt();
    assert.equal(await following, 0);
    const lines = io.out().trimEnd().split('\n');
    const recorded = (await wholeLog(dir)).slice(before);
    assert.deepEqual(
      lines.map((line) => line.trim().split(/ +/)).map(([position, , , name]) => [Number(position), name]),
      recorded.map(({ position, name }) => [position, name]),
    );
    assert.ok(lines.some((line) => line.includes(handle.id) && line.includes('charge #1')));
    const starts = new Set(lines.map((line) => line.search(/(task|step|worker)\./)));
    assert.equal(starts.size, 1, 'lines that were printed one by one stand in the same columns');
    assert.match(io.err(), new RegExp(`to go on: --follow --after ${recorded.at(-1)?.position}\n$`));
  });

  it('resumes by position where no engine runs: nothing twice, nothing left out', async (t) => {
    const { dir } = await orderProject(t);
    await runOrder(dir);
    const all = await wholeLog(dir);
    const follow = async (after: number, until: number): Promise<Told[]> => {
      const io = fakeIo({ cwd: dir });
      const following = main(['events', '--follow', '--json', '--after', String(after)], io);
      await io.whenNoted(`"position":${until},`);
      io.interrupt();
      assert.equal(await following, 0);
      assert.equal(io.err(), '');
      return events(io.out());
    };
    const last = all.at(-1)?.position ?? 0;
    assert.deepEqual(await follow(0, last), all);
    assert.deepEqual(await follow(4, last), all.slice(4));
  });

  it('ends after so many events when it is told how many, and when its reader is gone', async (t) => {
    const { dir } = await orderProject(t);
    await runOrder(dir);
    const all = await wholeLog(dir);
    const some = await tasker({ cwd: dir }, ['events', '-f', '--after', '2', '--limit', '3', '--json']);
    assert.deepEqual([some.code, events(some.out)], [0, all.slice(2, 5)]);
    const told = await tasker({ cwd: dir }, ['events', '-f', '--after', '0', '--name', 'step.completed', '-n', '1']);
    const first = all.find((event) => event.name === 'step.completed')?.position;
    assert.match(told.err, new RegExp(`to go on: --follow --after ${first}\n$`));
    const io = fakeIo({ cwd: dir });
    io.closeStdout();
    assert.equal(await main(['events', '--follow', '--after', '0'], io), 0);
  });

  it('goes on from a time, keeps to its filters, and warns of a position that the log does not have', async (t) => {
    const { dir } = await orderProject(t);
    await runOrder(dir);
    const since = await tasker({ cwd: dir }, ['events', '-f', '--since', '1h', '--name', 'task.completed', '-n', '1']);
    assert.match(since.out, / task\.completed /);
    const io = fakeIo({ cwd: dir });
    const following = main(['events', '--follow', '--after', '4000'], io);
    await io.whenNoted('the log ends at position');
    io.interrupt();
    assert.deepEqual([await following, io.out()], [0, '']);
    assert.equal((await tasker({ cwd: dir }, ['events', '--limit', '10001'])).code, 2);
  });

  it('tells in one process what an engine in another records, also across its end', async (t) => {
    const { dir } = await orderProject(t);
    const following = spawnTasker(t, dir, ['events', '--follow', '--json', '--after', '0']);
    for (let run = 0; run < 2; run += 1) {
      const engine = spawnTasker(t, dir, ['start', '--json']);
      await engine.whenWritten('"engine.started"');
      const { code, out } = await runTasker(t, dir, ['run', 'order', '--context', '{"amount": 1}', '--json']);
      assert.equal(code, 0);
      const { task } = JSON.parse(out) as { task: { id: string } };
      engine.signal('SIGTERM');
      assert.equal(await engine.ended, 0);
      await following.whenWritten(task.id);
    }
    const all = await wholeLog(dir);
    await following.whenWritten(`"position":${all.at(-1)?.position},`);
    following.signal('SIGINT');
    assert.equal(await following.ended, 0, following.err());
    assert.deepEqual(events(following.out()), all);
    assert.equal(following.err(), '');
  });
});
