import assert from 'node:assert/strict';
import { copyFile, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';

import type { Change } from '../../src/execution/task-store.ts';
import { migrateStorage, type StorageMigrationOptions, undoStorageMigration } from '../../src/migrate-storage.ts';
import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts';
import { change, creation, event, newTask, taskState, wholeLog, worker } from '../../src/testing/contracts/fixtures.ts';
import { freshDatabase, needsPostgres, type TestDatabase } from '../support/postgres.ts';

const tasks = 300;
const eventsEach = 18;

/** Of every table something: in `events` more than two portions. */
async function fill(file: string, leaves = true): Promise<void> {
  const storage = await openSqlite({ file, maxBytes: null });
  await storage.workers.join(worker, () => []);
  await storage.templates.save({ id: 't', namespace: 'shop', name: 'checkout', version: '1.0.0', body: '{}' });
  const ids = Array.from({ length: tasks }, (_, index) => `task-${String(index).padStart(4, '0')}`);
  const changes = ids.map((id, index): Change => {
    const events = Array.from({ length: eventsEach }, (_each, n) => event(`${id}-${n}`, { taskId: id, step: 'a' }));
    // Some are due, some wait for their time, some are held, some are over.
    const release =
      index % 3 === 0 ? {} : { release: { dueAt: index % 3 === 1 ? 1 : 4_000_000_000_000.25, deadlineAt: null } };
    const create = newTask(id, { templateId: 't', idempotencyKey: index % 2 === 0 ? `key ${id} ü` : null });
    return creation(id, { create, events, ...release });
  });
  await storage.tasks.commit(changes);
  const [held = ''] = ids;
  const error = { step: 'a', attempt: 1, type: 'Error', message: 'with a \0 and a half \ud800', stack: null };
  const note = { at: 5, by: null, step: 'a', attempt: 1, key: 'k', value: '{"n":1}' };
  await storage.tasks.commit([
    change(held, 1, {
      task: taskState({ status: 'in_progress', startedAt: 1.5 }),
      errors: [error, error],
      annotations: [note],
    }),
  ]);
  const parked = { eventName: 'step.completed', taskId: held, attempts: 2, parkedAt: 7, error: null };
  await storage.commitGroup(
    [],
    [
      { kind: 'register', subscriber: 'sales', checkpoint: 0, state: '{"sum":1}' },
      {
        kind: 'advance',
        subscriber: 'sales',
        generation: 1,
        from: 0,
        to: 40,
        countsFrom: 1,
        state: `{"sum":"${'9'.repeat(100_000)}"}`,
        park: [3, 5, 9].map((position) => ({ ...parked, position })),
        unpark: [],
        events: [],
      },
    ],
  );
  await storage.commands.submit({
    id: 'c1',
    kind: 'replay',
    taskId: null,
    body: { subscriber: 'sales' },
    requestedAt: 3,
  });
  await storage.commands.submit({ id: 'c2', kind: 'cancel', taskId: held, body: { by: 'ada' }, requestedAt: 4 });
  await storage.commands.settle('c2', { kind: 'refused', code: 'TASKER_INTERNAL', message: 'no' });
  if (leaves) await storage.workers.leave(worker.id, []);
  await storage.close();
}

const folder = await mkdtemp(join(tmpdir(), 'tasker-filled-'));
after(() => rm(folder, { recursive: true, force: true }));
const made = new Map<boolean, Promise<string>>();

/** A file that `fill` has made, once. */
function filled(leaves: boolean): Promise<string> {
  const file = join(folder, `${String(leaves)}.db`);
  const being = made.get(leaves) ?? fill(file, leaves).then(() => file);
  made.set(leaves, being);
  return being;
}

async function world(t: TestContext, leaves = true) {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'tasker-migrate-')));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, 'tasker.db');
  await copyFile(await filled(leaves), file);
  const database = await freshDatabase();
  t.after(() => database.drop());
  const migrate = (changed: Partial<StorageMigrationOptions> = {}) =>
    migrateStorage({ from: file, to: database.url, ...changed });
  return { dir, file, database, migrate };
}

const counts = async (database: TestDatabase, table: string): Promise<number> =>
  Number((await database.query(`select count(*) as n from tasker.${table}`))[0]?.['n']);

describe('Copying a storage from SQLite to PostgreSQL', needsPostgres, () => {
  it('gives every port what it had before, and goes on counting where the source ended', async (t) => {
    const { file, database, migrate } = await world(t);
    const done = await migrate();
    assert.equal(done.resumed, false);
    assert.equal(done.from, file);
    assert.doesNotMatch(done.to, /postgres:postgres/);
    const rows = Object.fromEntries(done.tables.map(({ table, rows: count }) => [table, count]));
    assert.deepEqual(rows, {
      templates: 1,
      tasks,
      steps: tasks * 2,
      attempt_errors: 2,
      annotations: 1,
      events: tasks * eventsEach,
      commands: 2,
      subscribers: 1,
      parked_events: 3,
      log_retention: 1,
      workers: 0,
    });

    const source = await openSqlite({ file, maxBytes: null });
    const target = await openPostgres({ url: database.url, listenUrl: null });
    assert.deepEqual(await wholeLog(target), await wholeLog(source));
    const ids = (await source.reader.list({ filter: {}, limit: 1000 })).tasks.map(({ id }) => id);
    assert.equal(ids.length, tasks);
    for (const id of ids.filter((_, index) => index % 10 === 0)) {
      assert.deepEqual(await target.tasks.load(id), await source.tasks.load(id));
    }
    const [held = ''] = ids.toReversed();
    const errors = await target.reader.errors(held);
    assert.deepEqual(
      errors.map(({ message }) => message),
      Array(2).fill('with a \u{FFFD} and a half \u{FFFD}'),
    );
    assert.deepEqual(await target.subscribers.list(), await source.subscribers.list());
    assert.deepEqual(await target.subscribers.load('sales'), await source.subscribers.load('sales'));
    assert.deepEqual(await target.subscribers.parked({ limit: 10 }), await source.subscribers.parked({ limit: 10 }));
    assert.deepEqual(await target.commands.pending(10), await source.commands.pending(10));
    assert.deepEqual(await target.commands.outcome('c2'), await source.commands.outcome('c2'));

    const jobs = await database.query("select count(*) as n from tasker_queue.job where state = 'created'");
    assert.equal(Number(jobs[0]?.['n']), tasks, 'every open task has its job');
    await target.workers.join(worker, () => [event('first')]);
    const due = await target.queue.takeDue(Date.now(), 1000);
    assert.equal(due.length, (tasks / 3) * 2, 'those that were due, and those that the engine gave back');
    const [{ taskId, lease } = { taskId: '', lease: 0 }] = due;
    const note = { at: 9, by: null, step: null, attempt: null, key: 'after', value: '1' };
    const failure = { step: 'a', attempt: 1, type: 'Error', message: 'after', stack: null };
    const [written] = await target.tasks.commit([
      change(taskId, lease, { events: [event('next')], annotations: [note], errors: [failure] }),
    ]);
    assert.deepEqual(written, { kind: 'committed', firstPosition: tasks * eventsEach + 2 });
    await target.commands.submit({ id: 'c3', kind: 'cancel', taskId, body: {}, requestedAt: 5 });
    assert.equal(await counts(database, 'commands'), 3);
    await source.close();
    await target.close();
  });

  it('goes on where it ended, after whichever portion that was, and nobody opens it before it is finished', async (t) => {
    const { database, migrate } = await world(t);
    let tries = 0;
    let reached = 0;
    for (;;) {
      tries += 1;
      let portions = 0;
      const done = await migrate({
        onProgress: () => {
          portions += 1;
          if (portions > reached) throw new Error('killed');
        },
      }).catch((error: Error) => {
        assert.equal(error.message, 'killed');
        return null;
      });
      if (done !== null) {
        assert.equal(done.resumed, true);
        break;
      }
      reached += 1;
      await assert.rejects(openPostgres({ url: database.url, listenUrl: null, readOnly: reached % 2 === 0 }), {
        code: 'TASKER_STORAGE_UNFINISHED',
        message: /half a copy of '.*tasker\.db'.*Run it again/,
      });
    }
    assert.ok(tries > 15, `${tries} tries`);
    assert.equal(await counts(database, 'events'), tasks * eventsEach);
    // Killed at the very end: all is there, but that it is finished.
    await database.query('update tasker.identity set filled_at = null');
    assert.equal((await migrate()).resumed, true);
    const jobs = await database.query("select count(*) as n from tasker_queue.job where state = 'created'");
    assert.equal(Number(jobs[0]?.['n']), tasks, 'each open task has one job');
    await (await openPostgres({ url: database.url, listenUrl: null })).close();
  });

  it('copies anew what has changed in the source since an earlier try', async (t) => {
    const { file, database, migrate } = await world(t);
    const stop = new AbortController();
    const stopped = migrate({
      signal: stop.signal,
      onProgress: ({ table }) => table === 'parked_events' && stop.abort(new Error('enough')),
    });
    await assert.rejects(stopped, { message: 'enough' });
    const storage = await openSqlite({ file, maxBytes: null });
    await storage.workers.join(worker, () => [event('later')]);
    const taken = await storage.queue.takeDue(Date.now(), 10);
    await storage.tasks.commit(
      taken.map(({ taskId, lease }) =>
        change(taskId, lease, {
          task: taskState({ status: 'complete', endedAt: 9 }),
          events: [event(`${taskId}-over`, { taskId })],
          release: { dueAt: null, deadlineAt: null },
        }),
      ),
    );
    await storage.workers.leave(worker.id, []);
    const expected = await wholeLog(storage);
    await storage.close();
    assert.equal((await migrate()).resumed, true);
    const target = await openPostgres({ url: database.url, listenUrl: null });
    assert.deepEqual(await wholeLog(target), expected);
    assert.equal((await target.reader.list({ filter: { status: 'complete' }, limit: 100 })).tasks.length, taken.length);
    await target.close();
  });

  it('leaves the tasks of an engine that was killed to the first worker that joins, which tells of its loss', async (t) => {
    const { database, migrate } = await world(t, false);
    await migrate();
    const target = await openPostgres({ url: database.url, listenUrl: null });
    let lost: readonly object[] = [];
    await target.workers.join({ ...worker, id: 'worker-2' }, (found) => {
      lost = found;
      return [];
    });
    assert.deepEqual(lost, [{ ...worker, tasksHeld: tasks / 3 }]);
    assert.equal((await target.queue.takeDue(Date.now(), 1000)).length, (tasks / 3) * 2);
    await target.close();
  });

  it('is refused while an engine runs, and holds up whoever would write to the source', async (t) => {
    const { file, migrate } = await world(t);
    const storage = await openSqlite({ file, maxBytes: null });
    await storage.workers.join(worker, () => []);
    await assert.rejects(migrate(), { code: 'TASKER_ENGINE_ALREADY_RUNNING', message: /Stop it/ });
    await storage.workers.leave(worker.id, []);
    const engines: Promise<unknown>[] = [];
    await migrate({
      onProgress: () => {
        if (engines.length > 0) return;
        const joining = storage.workers.join(worker, () => []);
        engines.push(assert.rejects(joining, { code: 'TASKER_ENGINE_ALREADY_RUNNING' }));
      },
    });
    assert.equal((await Promise.all(engines)).length, 1);
    await storage.close();
  });

  it('is refused into what is not empty, into half a copy of another, and a second time', async (t) => {
    const { dir, database, migrate } = await world(t);
    const other = join(dir, 'other.db');
    await copyFile(await filled(true), other);
    const used = await openPostgres({ url: database.url, schema: 'used', listenUrl: null });
    await used.templates.save({ id: 'h', namespace: 'n', name: 'n', version: '1', body: '{}' });
    const refused = (message: RegExp) => ({ code: 'TASKER_MIGRATION_REFUSED', message });
    await assert.rejects(
      migrate({ schema: 'used' }),
      refused(/not empty: there are rows in templates.*drop schema used/),
    );
    await used.close();

    const half = migrate({
      onProgress: () => {
        throw new Error('killed');
      },
    });
    await assert.rejects(half, { message: 'killed' });
    await assert.rejects(migrate({ from: other }), refused(/half a copy of another storage, '.*tasker\.db'/));
    await migrate();
    await assert.rejects(migrate(), refused(/filled from '.*tasker\.db' already, to the end/));
    await assert.rejects(migrate({ from: join(dir, 'nothing.db') }), { code: 'TASKER_STORAGE_UNAVAILABLE' });
  });

  it('leaves a source that can be read, and on which nobody works until it is taken back', async (t) => {
    const { file, database, migrate } = await world(t);
    const early = await openSqlite({ file, maxBytes: null });
    const { to } = await migrate();
    const moved = { code: 'TASKER_STORAGE_MOVED', message: /was copied to 'postgres@.*migrate-storage --undo --from/ };
    const late = await openSqlite({ file, maxBytes: null });
    for (const storage of [early, late]) {
      await assert.rejects(
        storage.workers.join(worker, () => []),
        moved,
      );
      await assert.rejects(
        storage.commands.submit({ id: 'c9', kind: 'cancel', taskId: 'x', body: {}, requestedAt: 5 }),
        moved,
      );
      assert.equal((await wholeLog(storage)).length, tasks * eventsEach);
      assert.equal(await storage.workers.isEngineRunning(), false, 'one that was refused holds nothing');
    }
    // A second copy would have its tasks run twice as well.
    await assert.rejects(migrate({ schema: 'second' }), {
      code: 'TASKER_MIGRATION_REFUSED',
      message: /was copied to 'postgres@.*schema tasker' before.*--undo/,
    });
    assert.equal(await undoStorageMigration({ from: file }), to);
    assert.equal(await undoStorageMigration({ from: file }), null);
    await early.workers.join(worker, () => []);
    await early.workers.leave(worker.id, []);
    await early.close();
    await late.close();
    await migrate({ schema: 'second' });
    await database.query('select from second.tasks');
  });

  it('stays where it is when the copy has failed or was not finished', async (t) => {
    const { file, migrate } = await world(t);
    const half = migrate({
      onProgress: ({ table }) => {
        if (table === 'events') throw new Error('killed');
      },
    });
    await assert.rejects(half, { message: 'killed' });
    const storage = await openSqlite({ file, maxBytes: null });
    await storage.workers.join(worker, () => []);
    await storage.workers.leave(worker.id, []);
    await storage.close();
  });

  it('lets no worker join that had opened the target before', async (t) => {
    const { database, migrate } = await world(t);
    const early = await openPostgres({ url: database.url, listenUrl: null });
    const half = migrate({
      onProgress: () => {
        throw new Error('killed');
      },
    });
    await assert.rejects(half, { message: 'killed' });
    await assert.rejects(
      early.workers.join(worker, () => []),
      { code: 'TASKER_STORAGE_UNFINISHED', message: /half a copy of '.*tasker\.db'.*Run it again/ },
    );
    await migrate();
    await early.workers.join(worker, () => []);
    await early.close();
  });

  it('fails when the copy is not what the source is, and the target stays unusable', async (t) => {
    const { database, migrate } = await world(t);
    await (await openPostgres({ url: database.url, listenUrl: null })).close();
    await database.query(`create function tasker.change() returns trigger language plpgsql as
      $$ begin new.body_json := replace(new.body_json, '"waitedMs":1', '"waitedMs":2'); return new; end $$`);
    await database.query(`create trigger change before insert on tasker.events for each row
      when (new.position = 4000) execute function tasker.change()`);
    await assert.rejects(migrate(), { code: 'TASKER_MIGRATION_FAILED', message: /table 'events' has 5400 rows/ });
    await assert.rejects(openPostgres({ url: database.url, listenUrl: null }), { code: 'TASKER_STORAGE_UNFINISHED' });
  });
});
