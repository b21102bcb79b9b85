import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';

import pg from 'pg';

import { createTasker } from '../../src/index.ts';
import { freshDatabase, needsPostgres } from '../support/postgres.ts';
import { spawnTasker } from './support/child.ts';
import { fakeIo, tasker } from './support/fake-io.ts';
import { orderProject } from './support/project.ts';
import { main } from '../../src/cli/main.ts';

/** Three orders in `tasker.db`, and a database of its own. */
async function world(t: TestContext) {
  const { dir } = await orderProject(t);
  const database = await freshDatabase();
  t.after(() => database.drop());
  for (const amount of [1, 2, 3]) {
    const ran = await tasker({ cwd: dir }, ['run', 'order', '--context', `{"amount":${amount}}`]);
    assert.equal(ran.code, 0, ran.err);
  }
  const argv = ['migrate-storage', '--from', 'tasker.db', '--to', database.url];
  return { dir, database, argv, migrate: (...more: readonly string[]) => tasker({ cwd: dir }, [...argv, ...more]) };
}

describe('tasker migrate-storage', needsPostgres, () => {
  it('says how far it is, what was compared, and what to change; a second time it is refused', async (t) => {
    const { dir, database, migrate } = await world(t);
    const done = await migrate('--schema', 'orders');
    assert.equal(done.code, 0, done.err);
    assert.match(done.err, /^copying events: 2\d\nchecking events: 2\d$/m);
    assert.ok(done.out.startsWith(`copied: ${join(dir, 'tasker.db')} → postgres@`), done.out);
    assert.match(done.out, /^Counts and checksums are the same on both sides:\n/m);
    assert.match(done.out, /^ {2}tasks +3 {2}[0-9a-f]+\.[0-9a-f]+$/m);
    assert.match(done.out, /storage: \{ kind: 'postgres', url: process\.env\.DATABASE_URL, schema: 'orders' \}/);
    assert.match(done.out, /No engine starts on .*tasker\.db any more/);
    assert.ok(!done.out.includes('postgres:postgres'), 'no password');
    const again = await migrate('--schema', 'orders', '--json');
    assert.equal(again.code, 5);
    assert.equal(JSON.parse(again.err).error.code, 'TASKER_MIGRATION_REFUSED');

    const storage = { kind: 'postgres', url: database.url, schema: 'orders' } as const;
    const moved = await createTasker({ storage, observers: false }, { env: {} });
    assert.deepEqual(
      (await moved.list()).tasks.map(({ status }) => status),
      ['complete', 'complete', 'complete'],
    );
    await moved.stop();
  });

  it('keeps work away from the old file, which can still be read, until it is taken back', async (t) => {
    const { dir, migrate } = await world(t);
    assert.equal((await migrate()).code, 0);
    const run = ['run', 'order', '--context', '{"amount":4}', '--json'];
    const refused = await tasker({ cwd: dir }, run);
    assert.equal(refused.code, 5);
    assert.equal(JSON.parse(refused.err).error.code, 'TASKER_STORAGE_MOVED');
    const listed = await tasker({ cwd: dir }, ['tasks', '--json']);
    assert.equal(listed.code, 0, listed.err);
    assert.equal(
      (await tasker({ cwd: dir }, ['migrate-storage', '--from', 'tasker.db', '--undo', '--to', 'x'])).code,
      2,
    );
    const back = await tasker({ cwd: dir }, ['migrate-storage', '--from', 'tasker.db', '--undo']);
    assert.equal(back.code, 0, back.err);
    assert.match(back.out, /Engines may start on .*tasker\.db again\. Never start one on its copy, postgres@/);
    assert.equal((await tasker({ cwd: dir }, run)).code, 0);
  });

  it('killed in the middle, it leaves nothing that can be worked on, and goes on when it is run again', async (t) => {
    const { dir, database, argv, migrate } = await world(t);
    const early = await createTasker({ storage: database.url }, { env: {} });
    await early.stop();
    const blocker = new pg.Client({ connectionString: database.url });
    await blocker.connect();
    await blocker.query('begin');
    await blocker.query('lock table tasker.events in exclusive mode');
    const child = spawnTasker(t, dir, argv);
    await child.whenWritten('checking steps');
    child.signal('SIGKILL');
    await child.ended;
    await blocker.end();
    await assert.rejects(createTasker({ storage: database.url }, { env: {} }), {
      code: 'TASKER_STORAGE_UNFINISHED',
      message: /half a copy of '.*tasker\.db'.*'tasker migrate-storage --from /,
    });
    const done = await migrate('--json');
    assert.equal(done.code, 0, done.err);
    const report = JSON.parse(done.out);
    assert.deepEqual([report.resumed, report.tables.length], [true, 11]);
    const tables = Object.fromEntries(
      report.tables.map(({ table, rows }: { readonly table: string; readonly rows: number }) => [table, rows]),
    );
    assert.deepEqual([tables.tasks, tables.steps, tables.templates], [3, 6, 1]);
  });

  it('interrupted, it ends with 130 and says so; wrongly used, with 2 and without the URL', async (t) => {
    const { dir, argv, migrate } = await world(t);
    const io = fakeIo({ cwd: dir });
    const running = main(argv, io);
    io.interrupt();
    assert.equal(await running, 130);
    assert.match(io.err(), /interrupted: what was copied stays; run the same command again/);
    assert.equal((await migrate()).code, 0);
    const wrong = await tasker({ cwd: dir }, [
      'migrate-storage',
      '--from',
      'tasker.db',
      '--to',
      'mysql://ada:secret@db',
    ]);
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /--to: expected a URL like postgres:/);
    assert.doesNotMatch(wrong.err, /secret/);
    assert.equal((await tasker({ cwd: dir }, ['migrate-storage', '--from', 'tasker.db'])).code, 2);
  });

  it('is refused while an engine runs on the file', async (t) => {
    const { dir, migrate } = await world(t);
    const engine = await createTasker({ storage: { kind: 'sqlite', file: join(dir, 'tasker.db') } }, { env: {} });
    await engine.start();
    const { code, err } = await migrate();
    await engine.stop();
    assert.equal(code, 5);
    assert.match(err, /TASKER_ENGINE_ALREADY_RUNNING.*Stop it/);
  });
});
