import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import pg from 'pg';

import { needsPostgres, type TestDatabase, withDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { gate } from '../support/world.ts';
import { checkCheckouts, checkout, ends, order, work } from './checkouts.ts';

/** A session of the test's own, which ends with `use`. */
async function withSession<T>(database: TestDatabase, use: (session: pg.Client) => Promise<T>): Promise<T> {
  const session = new pg.Client({ connectionString: database.url });
  await session.connect();
  try {
    return await use(session);
  } finally {
    await session.end();
  }
}

/** Runs `use` while nobody can append to the log; whoever wants to waits in the middle of its transaction. */
function withLogHeld<T>(database: TestDatabase, use: () => Promise<T>): Promise<T> {
  return withSession(database, async (session) => {
    await session.query(`select pg_advisory_lock(hashtextextended('"tasker"', 0))`);
    return use();
  });
}

const flushes = `from pg_stat_activity where query like '%commit_group%' and pid <> pg_backend_pid() and datname = current_database()`;

const waitingFlush = (database: TestDatabase): Promise<unknown> =>
  until(async () => (await database.query(`select pid ${flushes} and wait_event_type = 'Lock'`)).length > 0);

/** A tasker with a checkout whose payment has been made and waits to be recorded as soon as `pay` is opened. */
async function atThePayment(t: TestContext, url: string) {
  const payment = gate<object>();
  let calls = 0;
  const pay = (): unknown => {
    calls += 1;
    return payment.promise;
  };
  const working = await work(t, url, [checkout(pay)]);
  const handles = await order(working.tasker, 1);
  await until(async () => calls === 1);
  return { ...working, handles, pay: () => payment.open({}), calls: () => calls };
}

describe('A flush on PostgreSQL', needsPostgres, () => {
  it('whose connection is cut in its transaction is made again, and its handler is not', (t) =>
    withDatabase(async (database) => {
      const { handles, pay, calls, warnings, tasker } = await atThePayment(t, database.url);
      for (let cut = 0; cut < 3; cut += 1) {
        await withLogHeld(database, async () => {
          if (cut === 0) pay();
          await waitingFlush(database);
          await database.query(`select pg_terminate_backend(pid) ${flushes}`);
        });
      }
      assert.deepEqual(
        (await ends(handles)).map(({ status }) => status),
        ['complete'],
      );
      assert.equal(calls(), 1);
      assert.deepEqual(warnings, [], 'it is over before anybody could do anything');
      await tasker.stop();
      await checkCheckouts(database.url, 1);
    }));

  it('that takes longer than a statement may is cancelled and made again', (t) =>
    withDatabase(async (database) => {
      const url = new URL(database.url);
      url.searchParams.set('statement_timeout', '300');
      const { handles, pay, calls, tasker } = await atThePayment(t, url.href);
      await withLogHeld(database, async () => {
        pay();
        await until(async () => /statement took longer than its limit/.test(tasker.status().lastStorageError ?? ''));
      });
      assert.deepEqual(
        (await ends(handles)).map(({ status }) => status),
        ['complete'],
      );
      assert.equal(calls(), 1);
      assert.equal(tasker.status().lastStorageError, null);
      await tasker.stop();
      await checkCheckouts(database.url, 1);
    }));

  it('that gets into a deadlock is made again, unseen by anybody', (t) =>
    withDatabase(async (database) => {
      const { handles, pay, warnings, tasker } = await atThePayment(t, database.url);
      await withSession(database, async (session) => {
        await session.query("set deadlock_timeout = '1min'");
        await session.query('begin');
        await session.query('select from tasker.tasks for update');
        pay();
        await waitingFlush(database);
        // Now each waits for the other, and the flush is the first to look into it.
        await session.query('select from tasker.workers for update');
        await session.query('commit');
      });
      assert.deepEqual(
        (await ends(handles)).map(({ status }) => status),
        ['complete'],
      );
      const [row] = await database.query(
        'select deadlocks::int from pg_stat_database where datname = current_database()',
      );
      assert.equal(row?.['deadlocks'], 1);
      assert.deepEqual(warnings, []);
      await tasker.stop();
      await checkCheckouts(database.url, 1);
    }));

  it('that cannot be serialized with others is made again, more often than one transaction is tried', (t) =>
    withDatabase(async (database) => {
      const { handles, pay, warnings, tasker } = await atThePayment(t, database.url);
      await database.query('create sequence refusals');
      await database.query(`create function refuse() returns trigger language plpgsql as $$ begin
        if nextval('public.refusals') <= 7 then raise 'made up' using errcode = '40001'; end if;
        return null; end $$`);
      await database.query(
        'create trigger refuse before insert on tasker.events for each statement execute function refuse()',
      );
      pay();
      assert.deepEqual(
        (await ends(handles)).map(({ status }) => status),
        ['complete'],
      );
      assert.deepEqual(warnings, []);
      await tasker.stop();
      await checkCheckouts(database.url, 1);
    }));

  it('is right in a database whose transactions are serializable unless asked otherwise', (t) =>
    withDatabase(async (database) => {
      await database.query(`alter database ${database.name} set default_transaction_isolation = 'serializable'`);
      const one = await work(t, database.url, [checkout()]);
      const other = await work(t, database.url, [checkout()]);
      const handles = (await Promise.all([order(one.tasker, 40), order(other.tasker, 40, 41)])).flat();
      await ends(handles);
      assert.deepEqual([...one.warnings, ...other.warnings], []);
      const [row] = await database.query(
        'select xact_rollback::int as undone from pg_stat_database where datname = current_database()',
      );
      assert.equal(row?.['undone'], 0, 'nothing had to be tried again');
      await one.tasker.stop();
      await other.tasker.stop();
      await checkCheckouts(database.url, 80);
    }));
});
