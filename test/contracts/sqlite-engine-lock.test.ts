import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import type { LostWorker } from '../../src/execution/workers.ts';
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts';
import { worker } from '../../src/testing/contracts/fixtures.ts';
import { askOther, startOther, withDirectory } from './other-process.ts';

const heir = { ...worker, id: 'worker-2' };

describe('The engine lock of a SQLite file', () => {
  it('keeps a second process out, and is free the moment the first is killed', (test) =>
    withDirectory(async (directory) => {
      const file = join(directory, 'tasker.db');
      const other = startOther('hold', file);
      test.after(() => other.kill());
      assert.deepEqual((await other.lines.next()).value, { joined: true });
      const storage = await openSqlite({ file, maxBytes: null });
      assert.equal(await storage.workers.isEngineRunning(), true);
      await assert.rejects(
        storage.workers.join(heir, () => []),
        { code: 'TASKER_ENGINE_ALREADY_RUNNING' },
      );
      await other.kill();
      assert.equal(await storage.workers.isEngineRunning(), false);
      let reported: readonly LostWorker[] = [];
      await storage.workers.join(heir, (lost) => {
        reported = lost;
        return [];
      });
      assert.deepEqual(
        reported.map((lost) => [lost.id, lost.tasksHeld]),
        [[worker.id, 0]],
      );
      await storage.close();
    }));

  // POSIX drops a process's locks on a file when any of its descriptors of that file is closed.
  it('survives being looked at, read past and tried for by its own process', () =>
    withDirectory(async (directory) => {
      const file = join(directory, 'tasker.db');
      const engine = await openSqlite({ file, maxBytes: null });
      await engine.workers.join(worker, () => []);
      const beside = await openSqlite({ file, maxBytes: null });
      assert.equal(await beside.workers.isEngineRunning(), true);
      assert.equal(await engine.workers.isEngineRunning(), true);
      await assert.rejects(
        beside.workers.join(heir, () => []),
        { code: 'TASKER_ENGINE_ALREADY_RUNNING' },
      );
      await beside.reader.countByStatus();
      await beside.close();
      assert.deepEqual(await askOther('probe', file), { running: true });
      await engine.workers.leave(worker.id, []);
      assert.deepEqual(await askOther('probe', file), { running: false });
      await engine.close();
    }));

  it('is one for all names that the file has', () =>
    withDirectory(async (directory) => {
      const file = join(directory, 'tasker.db');
      const engine = await openSqlite({ file, maxBytes: null });
      await engine.workers.join(worker, () => []);
      const link = join(directory, 'linked.db');
      await symlink(file, link);
      const beside = await openSqlite({ file: link, maxBytes: null });
      assert.equal(await beside.workers.isEngineRunning(), true);
      await assert.rejects(
        beside.workers.join(heir, () => []),
        { code: 'TASKER_ENGINE_ALREADY_RUNNING' },
      );
      await beside.close();
      await engine.close();
    }));

  it('is given up with the storage, even without leaving', () =>
    withDirectory(async (directory) => {
      const file = join(directory, 'tasker.db');
      const engine = await openSqlite({ file, maxBytes: null });
      await engine.workers.join(worker, () => []);
      await engine.close();
      assert.deepEqual(await askOther('probe', file), { running: false });
    }));

  it('leaves on disk all that a killed engine had acknowledged', (test) =>
    withDirectory(async (directory) => {
      const file = join(directory, 'tasker.db');
      const other = startOther('write', file);
      test.after(() => other.kill());
      const acknowledged: unknown[] = [];
      while (acknowledged.length < 200) acknowledged.push((await other.lines.next()).value?.acknowledged);
      await other.kill();
      const storage = await openSqlite({ file, maxBytes: null });
      for (const id of acknowledged)
        assert.equal((await storage.tasks.load(String(id)))?.lastEventIds.get(''), `of-${String(id)}`);
      const { events, lastPosition } = await storage.log.read({ after: 0, limit: 100_000 });
      assert.deepEqual(
        events.map((one) => one.position),
        Array.from({ length: lastPosition }, (_, index) => index + 1),
      );
      await storage.close();
    }));

  it('lets many processes open a file that none of them has seen before', () =>
    withDirectory(async (directory) => {
      const file = join(directory, 'tasker.db');
      const answers = await Promise.all(Array.from({ length: 6 }, () => askOther('open', file)));
      assert.deepEqual(
        answers,
        Array.from({ length: 6 }, () => ({ tasks: [] })),
      );
    }));
});
