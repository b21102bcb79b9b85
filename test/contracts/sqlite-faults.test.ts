import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import Database from 'better-sqlite3';

import type { Storage } from '../../src/execution/storage.ts';
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts';
import { change, creation, event, stepState, wholeLog, worker } from '../../src/testing/contracts/fixtures.ts';
import { askOther, askOtherWithMount, canMount, unprivileged, withDirectory } from './other-process.ts';

const needsMount = canMount ? {} : { skip: 'this user may not mount file systems' };

function big(id: string) {
  const body = JSON.stringify({ payload: { padding: 'x'.repeat(8_000) } });
  return creation(id, { events: [event(`of-${id}`, { taskId: id, body })] });
}

async function fillUp(storage: Storage): Promise<number> {
  for (let written = 0; written < 1_000; written += 1) {
    try {
      await storage.tasks.commit([big(`t${written}`), big(`u${written}`)]);
    } catch (error) {
      assert.equal(error instanceof Error && 'code' in error && error.code, 'TASKER_STORAGE_FULL');
      return written;
    }
  }
  return assert.fail('the storage never became full');
}

async function create(file: string, tasks = 0): Promise<void> {
  const storage = await openSqlite({ file, maxBytes: null });
  await storage.workers.join(worker, () => []);
  for (let index = 0; index < tasks; index += 1) await storage.tasks.commit([big(`t${index}`)]);
  await storage.workers.leave(worker.id, []);
  await storage.close();
}

/** Rejects with the code, and with a message that names the file. */
async function refuses(opening: Promise<Storage>, code: string, file: string, message: RegExp): Promise<void> {
  await assert.rejects(opening, (error: Error) => {
    assert.equal('code' in error && error.code, code, error.message);
    assert.ok(error.message.includes(file), error.message);
    assert.match(error.message, message);
    return true;
  });
}

describe('A full SQLite storage', () => {
  it('writes nothing of a refused group, serves what it has, and goes on when there is space', () =>
    withDirectory(async (directory) => {
      const file = join(directory, 'tasker.db');
      const storage = await openSqlite({ file, maxBytes: 512 * 1024 });
      await storage.workers.join(worker, () => []);
      const written = await fillUp(storage);
      assert.ok(written > 5);
      assert.equal(await storage.log.lastPosition(), written * 2);
      assert.equal(await storage.tasks.load(`t${written}`), null);
      assert.equal(await storage.tasks.load(`u${written}`), null);
      assert.equal((await storage.reader.countByStatus()).pending, written * 2);
      // A small change of what is there still fits, so tasks can go on.
      assert.deepEqual(
        await storage.tasks.commit([change('t0', 1, { steps: [{ state: stepState('a', { attempts: 1 }) }] })]),
        [{ kind: 'committed', firstPosition: null }],
      );

      const pruner = new Database(file);
      pruner.exec('delete from events where position <= 10');
      pruner.close();
      assert.deepEqual(await storage.tasks.commit([big('after')]), [
        { kind: 'committed', firstPosition: written * 2 + 1 },
      ]);
      assert.deepEqual((await wholeLog(storage)).map((one) => one.position).slice(-2), [written * 2, written * 2 + 1]);
      await storage.close();
      assert.ok(statSync(file).size <= 512 * 1024);
    }));

  it('names the limit, and opens again with a higher one', () =>
    withDirectory(async (directory) => {
      const file = join(directory, 'tasker.db');
      const storage = await openSqlite({ file, maxBytes: 256 * 1024 });
      await storage.workers.join(worker, () => []);
      const written = await fillUp(storage);
      const more = Array.from({ length: 9 }, (_, index) => big(`x${index}`));
      await assert.rejects(
        storage.tasks.commit(more),
        (error: Error) => error.message.includes('262144 bytes') && error.message.includes(file),
      );
      await storage.close();
      const larger = await openSqlite({ file, maxBytes: 1024 * 1024 });
      await larger.workers.join({ ...worker, id: 'worker-2' }, () => []);
      assert.deepEqual(await larger.tasks.commit([big(`t${written}`)]), [
        { kind: 'committed', firstPosition: written * 2 + 1 },
      ]);
      await larger.close();
    }));

  it('does the same when it is the disk that is full', needsMount, () =>
    withDirectory(async (directory) => {
      const prepare = `mount -t tmpfs -o size=4m none ${directory} && head -c 1000000 /dev/zero > ${directory}/ballast`;
      const answer = await askOtherWithMount(prepare, 'fill', join(directory, 'tasker.db'), join(directory, 'ballast'));
      assert.ok(Number(answer.written) > 5);
      assert.deepEqual(answer, {
        code: 'TASKER_STORAGE_FULL',
        written: answer.written,
        loaded: null,
        position: Number(answer.written) * 2,
        again: 'committed',
      });
    }),
  );
});

describe('A SQLite storage that may not be written', () => {
  it('is refused where the file is read-only', () =>
    withDirectory(async (directory) => {
      const file = join(directory, 'tasker.db');
      await askOther('open', file, '', unprivileged);
      chmodSync(file, 0o444);
      const answer = await askOther('open', file, '', unprivileged);
      assert.equal(answer.code, 'TASKER_STORAGE_READ_ONLY');
      assert.ok(String(answer.message).includes(file));
    }));

  it('is refused where its directory is read-only, new or not', () =>
    withDirectory(async (directory) => {
      const file = join(directory, 'tasker.db');
      await askOther('open', file, '', unprivileged);
      chmodSync(directory, 0o555);
      assert.equal((await askOther('open', file, '', unprivileged)).code, 'TASKER_STORAGE_READ_ONLY');
      assert.equal(
        (await askOther('open', join(directory, 'new.db'), '', unprivileged)).code,
        'TASKER_STORAGE_READ_ONLY',
      );
      assert.equal(
        (await askOther('open', join(directory, 'new', 'x.db'), '', unprivileged)).code,
        'TASKER_STORAGE_READ_ONLY',
      );
      const reading = await askOther('open', file, 'read-only', unprivileged);
      assert.equal(reading.code, 'TASKER_STORAGE_READ_ONLY');
      assert.match(String(reading.message), /Copy the storage to a writable directory/);
      chmodSync(directory, 0o755);
    }));

  it('is refused on a read-only mount', needsMount, () =>
    withDirectory(async (directory) => {
      const file = join(directory, 'tasker.db');
      await create(file, 2);
      const prepare = `mount --bind ${directory} ${directory} && mount -o remount,ro,bind ${directory}`;
      const refused = await askOtherWithMount(prepare, 'open', file);
      assert.equal(refused.code, 'TASKER_STORAGE_READ_ONLY');
      assert.match(String(refused.message), /mounted read-only/);
      assert.equal((await askOtherWithMount(prepare, 'open', file, 'read-only')).code, 'TASKER_STORAGE_READ_ONLY');
    }),
  );

  it('can be read on a read-only mount while an engine elsewhere has it open', needsMount, () =>
    withDirectory(async (directory) => {
      const file = join(directory, 'tasker.db');
      await create(file, 2);
      const elsewhere = await openSqlite({ file, maxBytes: null });
      await elsewhere.workers.join(worker, () => []);
      const prepare = `mount --bind ${directory} ${directory} && mount -o remount,ro,bind ${directory}`;
      assert.deepEqual(await askOtherWithMount(prepare, 'open', file, 'read-only'), { tasks: ['t1', 't0'] });
      assert.deepEqual(await askOther('probe', file), { running: true });
      await elsewhere.close();
    }),
  );

  it('opened for reading only, reads and refuses every write', () =>
    withDirectory(async (directory) => {
      const file = join(directory, 'tasker.db');
      await create(file, 1);
      const storage = await openSqlite({ file, maxBytes: null, readOnly: true });
      assert.equal((await storage.tasks.load('t0'))?.task.id, 't0');
      assert.equal(await storage.workers.isEngineRunning(), false);
      const readOnly = { code: 'TASKER_STORAGE_READ_ONLY' };
      await assert.rejects(
        storage.commands.submit({ id: 'c', kind: 'run', taskId: null, body: {}, requestedAt: 1 }),
        readOnly,
      );
      await assert.rejects(
        storage.tasks.commit([creation('t1', { release: { dueAt: 1, deadlineAt: null } })]),
        readOnly,
      );
      await assert.rejects(
        storage.templates.save({ id: 'h', namespace: 'n', name: 'n', version: '1', body: '{}' }),
        readOnly,
      );
      await assert.rejects(
        storage.workers.join(worker, () => []),
        readOnly,
      );
      assert.equal(await storage.workers.isEngineRunning(), false);
      await storage.close();
    }));

  it('is not created by opening it for reading only', () =>
    withDirectory(async (directory) => {
      const file = join(directory, 'tasker.db');
      await refuses(
        openSqlite({ file, maxBytes: null, readOnly: true }),
        'TASKER_STORAGE_UNAVAILABLE',
        file,
        /does not exist/,
      );
      assert.equal(existsSync(file), false);
    }));
});

describe('A SQLite storage whose file is not what it should be', () => {
  it('is refused when it is no database, and is left as it is', () =>
    withDirectory(async (directory) => {
      const file = join(directory, 'tasker.db');
      const text = 'This is a letter to my aunt, not a database. '.repeat(100);
      writeFileSync(file, text);
      await refuses(openSqlite({ file, maxBytes: null }), 'TASKER_STORAGE_CORRUPT', file, /not a SQLite database/);
      assert.equal(readFileSync(file, 'utf8'), text);
    }));

  it("is refused when it is another program's database, and is left as it is", () =>
    withDirectory(async (directory) => {
      const file = join(directory, 'tasker.db');
      const foreign = new Database(file);
      foreign.exec('create table recipes (name text)');
      foreign.close();
      const before = readFileSync(file);
      await refuses(
        openSqlite({ file, maxBytes: null }),
        'TASKER_STORAGE_CORRUPT',
        file,
        /not one of Tasker's.*'recipes'/,
      );
      assert.deepEqual(readFileSync(file), before);
      assert.equal(existsSync(`${file}-wal`), false);
    }));

  it('is refused when a newer version wrote it, and is left as it is', () =>
    withDirectory(async (directory) => {
      const file = join(directory, 'tasker.db');
      await create(file);
      const newer = new Database(file);
      newer.pragma('user_version = 99');
      newer.close();
      for (const readOnly of [false, true]) {
        await refuses(
          openSqlite({ file, maxBytes: null, readOnly }),
          'TASKER_STORAGE_SCHEMA_NEWER',
          file,
          /schema 99.*up to \d+\. /,
        );
      }
      const check = new Database(file);
      assert.equal(check.pragma('user_version', { simple: true }), 99);
      check.close();
    }));

  it('is refused when it was emptied', () =>
    withDirectory(async (directory) => {
      const file = join(directory, 'tasker.db');
      writeFileSync(file, '');
      await refuses(openSqlite({ file, maxBytes: null, readOnly: true }), 'TASKER_STORAGE_READ_ONLY', file, /schema 0/);
      await create(file, 1);
    }));

  it('says so when pages are damaged, to the engine and to readers', () =>
    withDirectory(async (directory) => {
      const file = join(directory, 'tasker.db');
      await create(file, 100);
      const empty = join(directory, 'empty.db');
      await (await openSqlite({ file: empty, maxBytes: null })).close();
      const pages = statSync(file).size / 4_096;
      const descriptor = openSync(file, 'r+');
      // Without the pages that an empty storage has: the schema lies on them, and without it there is no opening.
      for (let page = statSync(empty).size / 4_096; page < pages; page += 1)
        writeSync(descriptor, Buffer.alloc(4_096, 0xff), 0, 4_096, page * 4_096);
      closeSync(descriptor);
      const storage = await openSqlite({ file, maxBytes: null });
      const corrupt = (error: Error): boolean =>
        'code' in error && error.code === 'TASKER_STORAGE_CORRUPT' && error.message.includes(file);
      await assert.rejects(storage.tasks.load('t1'), corrupt);
      await assert.rejects(storage.reader.get('t1'), corrupt);
      await assert.rejects(storage.log.read({ after: 0, limit: 10 }), corrupt);
      await assert.rejects(
        storage.tasks.commit([creation('new', { release: { dueAt: 1, deadlineAt: null } })]),
        corrupt,
      );
      await storage.close();
    }));

  it('is refused when the path is a directory or lies below a file', () =>
    withDirectory(async (directory) => {
      const taken = join(directory, 'taken');
      mkdirSync(taken);
      await refuses(openSqlite({ file: taken, maxBytes: null }), 'TASKER_STORAGE_UNAVAILABLE', taken, /is a directory/);
      const below = join(directory, 'file', 'tasker.db');
      writeFileSync(join(directory, 'file'), 'x');
      await refuses(
        openSqlite({ file: below, maxBytes: null }),
        'TASKER_STORAGE_UNAVAILABLE',
        below,
        /not a directory/,
      );
    }));
});

describe('A closed SQLite storage', () => {
  it('says so, whatever is asked of it', () =>
    withDirectory(async (directory) => {
      const file = join(directory, 'tasker.db');
      const storage = await openSqlite({ file, maxBytes: null });
      await storage.close();
      await storage.close();
      const closed = { code: 'TASKER_STORAGE_UNAVAILABLE', message: new RegExp('has been closed') };
      await assert.rejects(storage.tasks.commit([]), closed);
      await assert.rejects(storage.tasks.load('t'), closed);
      await assert.rejects(storage.reader.get('t'), closed);
      await assert.rejects(storage.log.read({ after: 0, limit: 1 }), closed);
      await assert.rejects(storage.queue.nextAt(), closed);
      await assert.rejects(
        storage.workers.join(worker, () => []),
        closed,
      );
      assert.throws(() => storage.commands.hasNews(), closed);
    }));

  it('answers the reads that were asked before', () =>
    withDirectory(async (directory) => {
      const storage = await openSqlite({ file: join(directory, 'tasker.db'), maxBytes: null });
      const asked = storage.reader.countByStatus();
      await storage.close();
      assert.equal((await asked).pending, 0);
    }));
});
