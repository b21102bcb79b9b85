import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { StoredCommand } from '../../src/execution/command-inbox.ts';
import type { Storage } from '../../src/execution/storage.ts';
import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import { creation } from '../../src/testing/contracts/fixtures.ts';
import { needsPostgres, type TestDatabase, withDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';

function command(id: string, given: Partial<StoredCommand> = {}): StoredCommand {
  return { id, kind: 'run', taskId: null, body: {}, requestedAt: 1, ...given };
}

const pendingIds = async (storage: Storage): Promise<readonly string[]> =>
  (await storage.commands.pending(100)).map(({ id }) => id);

/** Two workers, `w1` and `w2`, and one who only asks. */
async function withWorkers(
  use: (w1: Storage, w2: Storage, asking: Storage, database: TestDatabase) => Promise<void>,
): Promise<void> {
  await withDatabase(async (database) => {
    const storages = [];
    for (let count = 0; count < 3; count += 1) storages.push(await openPostgres({ url: database.url }));
    const [w1, w2, asking] = storages;
    assert.ok(w1 !== undefined && w2 !== undefined && asking !== undefined);
    await w1.workers.join({ id: 'w1', pid: 1, host: 'h', startedAt: 1 }, () => []);
    await w2.workers.join({ id: 'w2', pid: 2, host: 'h', startedAt: 2 }, () => []);
    await use(w1, w2, asking, database);
    for (const storage of storages) await storage.close();
  });
}

describe('Commands to many workers on PostgreSQL', needsPostgres, () => {
  it('go to the first who asks, and to nobody else as long as it is there', () =>
    withWorkers(async (w1, w2, asking) => {
      await asking.commands.submit(command('c1'));
      await asking.commands.submit(command('c2', { kind: 'silence_alerts' }));
      assert.deepEqual(await pendingIds(w1), ['c1', 'c2']);
      assert.deepEqual(await pendingIds(w2), []);
      assert.deepEqual(await pendingIds(w1), ['c1', 'c2'], 'it may ask again');
      assert.deepEqual(await pendingIds(asking), ['c1', 'c2'], 'whoever only looks sees all');
      await w1.workers.leave('w1', []);
      assert.deepEqual(await pendingIds(w2), ['c1', 'c2']);
    }));

  it('are carried out by one of them when both ask at the same time', () =>
    withWorkers(async (w1, w2, asking) => {
      const ids = Array.from({ length: 20 }, (_, index) => `c${index}`);
      for (const id of ids) await asking.commands.submit(command(id));
      const given = (await Promise.all([w1.commands.pending(12), w2.commands.pending(12)])).flat();
      const again = (await Promise.all([pendingIds(w1), pendingIds(w2)])).flat();
      assert.equal(new Set(given.map(({ id }) => id)).size, given.length);
      assert.deepEqual(new Set(again), new Set(ids));
      assert.equal(again.length, ids.length);
    }));

  it('are neither given to a worker that was taken for lost nor settled by it', () =>
    withWorkers(async (w1, w2, asking, database) => {
      await asking.commands.submit(command('c1'));
      assert.deepEqual(await pendingIds(w1), ['c1']);
      await database.query("update tasker.workers set lease_until = 0 where id = 'w1'");
      await w1.commands.settle('c1', { kind: 'refused', code: 'TASKER_INTERNAL', message: 'from before' });
      assert.equal(await asking.commands.outcome('c1'), null);
      assert.deepEqual(await pendingIds(w1), []);
      await w2.workers.voidLost('w2', () => []);
      assert.deepEqual(await pendingIds(w2), ['c1']);
    }));

  for (const missed of [false, true]) {
    it(`stay with one that joins anew, though others have${missed ? '' : ' not'} missed it: it may be at them still`, () =>
      withWorkers(async (w1, w2, asking, database) => {
        await asking.commands.submit(command('c1'));
        assert.deepEqual(await pendingIds(w1), ['c1']);
        await database.query("update tasker.workers set lease_until = 0 where id = 'w1'");
        if (missed) await w2.workers.voidLost('w2', () => []);
        await w1.workers.join({ id: 'w1', pid: 1, host: 'h', startedAt: 1 }, () => []);
        assert.deepEqual(await pendingIds(w2), []);
        assert.deepEqual(await pendingIds(w1), ['c1']);
        await w1.commands.pass('c1');
        assert.deepEqual(await pendingIds(w2), ['c1']);
      }));
  }

  it('that a worker passed for good come to others, and to it only while their sender waits', () =>
    withWorkers(async (w1, w2, asking) => {
      await asking.commands.submit(command('c1'));
      await asking.commands.submit(command('c2'));
      await asking.commands.leave('c1');
      assert.deepEqual(await pendingIds(w1), ['c1', 'c2']);
      for (const id of ['c1', 'c2']) await w1.commands.pass(id, true);
      assert.deepEqual(await pendingIds(w1), ['c2']);
      assert.deepEqual(await pendingIds(w2), ['c1']);
      await w2.commands.pass('c1');
      await asking.commands.awaitAgain('c1');
      assert.deepEqual(await pendingIds(w1), ['c1', 'c2']);
    }));

  it('about a task go to its holder, also when another had claimed them before', () =>
    withWorkers(async (w1, w2, asking) => {
      await w1.tasks.commit([creation('t1'), creation('t2', { release: { dueAt: 1, deadlineAt: null } })]);
      await asking.commands.submit(command('held', { kind: 'cancel', taskId: 't1' }));
      await asking.commands.submit(command('free', { kind: 'cancel', taskId: 't2' }));
      assert.deepEqual(await pendingIds(w2), ['free']);
      assert.deepEqual(await pendingIds(w1), ['held']);
      await w1.queue.takeOne('t2');
      assert.deepEqual(await pendingIds(w2), []);
      assert.deepEqual(await pendingIds(w1), ['held', 'free']);
    }));

  it('about a subscriber go to the worker that has leased it', () =>
    withWorkers(async (w1, w2, asking) => {
      assert.equal(await w2.leases.claim('w2', ['metrics']), true);
      const body = { subscriber: 'metrics' };
      await asking.commands.submit(command('c1', { kind: 'replay', body }));
      assert.deepEqual(await pendingIds(w1), []);
      assert.deepEqual(await pendingIds(w2), ['c1']);
      await w2.workers.leave('w2', []);
      assert.deepEqual(await pendingIds(w1), ['c1']);
    }));

  it('are told of at once, again after the connection that listens was cut', () =>
    withWorkers(async (w1, _, asking, database) => {
      const listeners = async (): Promise<readonly Record<string, unknown>[]> =>
        database.query(
          `select pid from pg_stat_activity where datname = current_database() and application_name = 'tasker listen'
             and state = 'idle'`,
        );
      const heard = { times: 0 };
      w1.queue.watch(() => {
        heard.times += 1;
      });
      await until(async () => heard.times === 1);
      const [before] = await listeners();
      await database.query('select pg_terminate_backend($1)', [before?.pid]);
      // It tells that something may have been missed.
      await until(async () => heard.times === 2);
      await asking.tasks.commit([creation('t1', { release: { dueAt: 1, deadlineAt: null } })]);
      await until(async () => heard.times === 3);
      await asking.commands.submit(command('c1'));
      await until(async () => w1.commands.hasNews());
      assert.deepEqual(await pendingIds(w1), ['c1']);
    }));
});
