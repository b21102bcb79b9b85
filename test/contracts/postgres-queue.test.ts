import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import type { Storage } from '../../src/execution/storage.ts';
import { StoreClock } from '../../src/shared/store-clock.ts';
import { Connections, type Queries } from '../../src/storage/postgres/connection.ts';
import { JobQueue } from '../../src/storage/postgres/job-queue.ts';
import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import { change, commitOne, creation, event, newTask, wholeLog, worker } from '../../src/testing/contracts/fixtures.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { needsPostgres, type TestDatabase, withDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';

interface Given {
  readonly database: TestDatabase;
  readonly storage: Storage;
  /** Another process with the same data, joined as a worker of that name. */
  readonly join: (id: string) => Promise<Storage>;
}

async function withQueue(use: (given: Given) => Promise<void>): Promise<void> {
  await withDatabase(async (database) => {
    const opened: Storage[] = [];
    const join = async (id: string): Promise<Storage> => {
      const storage = await openPostgres({ url: database.url, listenUrl: null });
      opened.push(storage);
      await storage.workers.join({ ...worker, id }, () => []);
      return storage;
    };
    try {
      await use({ database, storage: await join(worker.id), join });
    } finally {
      for (const storage of opened) await storage.close();
    }
  });
}

const dueAt = (at: number) => ({ release: { dueAt: at, deadlineAt: null } });
const release = (storage: Storage, ...ids: readonly string[]) =>
  storage.tasks.commit(ids.map((id) => creation(id, dueAt(1))));
const jobs = (database: TestDatabase) =>
  database.query('select state::text, singleton_key as task, priority from tasker_queue.job order by created_on');
/** `queries`, each statement of which is told while it is under way. */
function statementsOf(queries: Queries, tell: () => void): Queries {
  const told = <T>(say: () => Promise<T>): Promise<T> => {
    queueMicrotask(tell);
    return say();
  };
  return {
    rows: (sql, values) => told(() => queries.rows(sql, values)),
    run: (sql, values) => told(() => queries.run(sql, values)),
    query: (sql, values) => told(() => queries.query(sql, values)),
  };
}

const ids = (taken: readonly { readonly taskId: string }[]): readonly string[] =>
  taken.map(({ taskId }) => taskId).toSorted();

/** The queue's own maintenance may be at its tables just then, and PostgreSQL ends one of the two: said again. */
async function said(database: TestDatabase, sql: string): Promise<void> {
  for (;;) {
    try {
      await database.query(sql);
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === '40P01')) throw error;
    }
  }
}

describe('The queue on PostgreSQL', needsPostgres, () => {
  it('has one job for each task that waits, and none for one that works or is done', () =>
    withQueue(async ({ database, storage }) => {
      await storage.tasks.commit([creation('held'), creation('waits', dueAt(1))]);
      await storage.tasks.commit([change('held', 1, { release: { dueAt: null, deadlineAt: 5 } })]);
      assert.deepEqual(await jobs(database), [{ state: 'created', task: 'waits', priority: 0 }]);
      await storage.queue.takeDue(9, 9);
      assert.deepEqual(await jobs(database), [{ state: 'completed', task: 'waits', priority: 0 }]);
    }));

  it('keeps the job of a task that has been due for years', () =>
    withQueue(async ({ database, storage }) => {
      await release(storage, 't1');
      assert.deepEqual(await database.query('select keep_until > now() as kept from tasker_queue.job'), [
        { kept: true },
      ]);
    }));

  it('gets no job from a change that is refused, and every other one of its group', () =>
    withQueue(async ({ database, storage }) => {
      await storage.tasks.commit([creation('t1')]);
      const results = await storage.tasks.commit([change('t1', 7, dueAt(1)), creation('t2', dueAt(1))]);
      assert.deepEqual(
        results.map(({ kind }) => kind),
        ['lease_lost', 'committed'],
      );
      assert.deepEqual(
        (await jobs(database)).map(({ task }) => task),
        ['t2'],
      );
    }));

  it('gets no job from a change that is broken', () =>
    withQueue(async ({ database, storage }) => {
      const broken = { ...dueAt(1), events: [event('e1', { name: null as unknown as string })] };
      const results = await storage.tasks.commit([creation('t1', broken), creation('t2', dueAt(1))]);
      assert.deepEqual(
        results.map(({ kind }) => kind),
        ['failed', 'committed'],
      );
      assert.deepEqual(
        (await jobs(database)).map(({ task }) => task),
        ['t2'],
      );
    }));

  it('gives out a task that waits for its retry when its time has come, by the clock of the database', () =>
    withQueue(async ({ database, storage }) => {
      const [clock] = await database.query('select (extract(epoch from clock_timestamp()) * 1000)::float8 as now');
      const at = Number(clock?.now) + 700;
      await storage.tasks.commit([creation('t1', dueAt(at)), creation('t2', dueAt(at + 3_600_000))]);
      assert.deepEqual(await storage.queue.takeDue(at - 700, 9), []);
      assert.equal(await storage.queue.nextAt(), at);
      await until(async () => ids(await storage.queue.takeDue(at, 9)).includes('t1'));
      assert.deepEqual(await storage.queue.takeDue(at, 9), []);
    }));

  it('gives out by priority across namespaces, and leaves what is beyond the limit in its place', () =>
    withQueue(async ({ storage }) => {
      for (const [id, namespace, priority] of [
        ['t1', 'shop', 0],
        ['t2', 'mail & more', 5],
        ['t3', 'shop', 5],
        ['t4', 'mail & more', 0],
      ] as const) {
        await storage.tasks.commit([creation(id, { create: newTask(id, { namespace, priority }), ...dueAt(1) })]);
      }
      const order: string[] = [];
      for (let taken = await storage.queue.takeDue(9, 1); taken.length > 0; taken = await storage.queue.takeDue(9, 1)) {
        order.push(...taken.map(({ taskId }) => taskId));
      }
      assert.deepEqual(order, ['t2', 't3', 't1', 't4']);
    }));

  it('passes over a job whose task was taken otherwise, and given back for later', () =>
    withQueue(async ({ storage }) => {
      await release(storage, 't1');
      const taken = await storage.queue.takeOne('t1');
      await storage.tasks.commit([change('t1', taken?.lease ?? 0, dueAt(50))]);
      assert.deepEqual(await storage.queue.takeDue(9, 9), []);
      assert.deepEqual(ids(await storage.queue.takeDue(50, 9)), ['t1']);
    }));

  for (const [what, sql] of [
    ['all jobs', 'delete from tasker_queue.job'],
    ['the whole schema of the queue', 'drop schema tasker_queue cascade'],
  ] as const) {
    it(`loses no task when somebody deletes ${what}`, () =>
      withQueue(async ({ database, storage }) => {
        await release(storage, 't1', 't2');
        await said(database, sql);
        assert.deepEqual(ids(await storage.queue.takeDue(9, 9)), ['t1', 't2']);
        await release(storage, 't3');
        await said(database, sql);
        await release(storage, 't4');
        assert.deepEqual(ids([...(await storage.queue.takeDue(9, 9)), ...(await storage.queue.takeDue(9, 9))]), [
          't3',
          't4',
        ]);
      }));
  }

  it('gives out what has jobs though no job can be made for what has none, tells of it, and gives that out once it can', () =>
    withQueue(async ({ database, storage }) => {
      await release(storage, 't1', 't2', 't3');
      await database.query(`delete from tasker_queue.job where singleton_key = 't1'`);
      await database.query(
        `create function refuse() returns trigger language plpgsql as 'begin raise ''no more''; end'`,
      );
      await database.query(
        'create trigger refuse before insert on tasker_queue.job_common for each row execute function refuse()',
      );
      const clock = new FakeClock();
      const other = await openPostgres({ url: database.url, listenUrl: null, clock: new StoreClock(clock) });
      try {
        await other.workers.join({ ...worker, id: 'worker-2' }, () => []);
        await other.queue.takeDue(0, 9);
        // From time to time it is looked whether jobs are missing before anything is given out.
        await clock.advance(61_000);
        const [first] = await other.queue.takeDue(9, 1);
        await assert.rejects(other.queue.takeDue(9, 1), /no more/, 'though there was something to give out');
        const [then] = await other.queue.takeDue(9, 1);
        assert.deepEqual(new Set([first?.taskId, then?.taskId]), new Set(['t2', 't3']));
        await assert.rejects(other.queue.takeDue(9, 1), /no more/, 'as there is nothing else');
        await database.query('drop trigger refuse on tasker_queue.job_common');
        assert.deepEqual(ids(await other.queue.takeDue(9, 9)), ['t1']);
      } finally {
        await other.close();
      }
    }));

  it('reads its jobs once to see which are missing, though the database knows nothing of how many there are', () =>
    withQueue(async ({ database, storage, join }) => {
      const count = 1_000;
      await database.query('alter table tasker.tasks set (autovacuum_enabled = false)');
      await release(storage, 'first');
      await database.query('alter table tasker_queue.job_common set (autovacuum_enabled = false)');
      await release(storage, ...Array.from({ length: count }, (_, index) => `t${index}`));
      const read = async (): Promise<number> => {
        const [row] = await database.query(
          `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::integer as rows from pg_stat_all_tables
           where schemaname = 'tasker_queue'`,
        );
        return Number(row?.['rows']);
      };
      // A connection tells what it has read when it ends, at the latest.
      await storage.close();
      const before = await read();
      const other = await join('worker-2');
      assert.equal((await other.queue.takeDue(9, 1)).length, 1);
      await other.close();
      const rows = (await read()) - before;
      assert.ok(rows > 0 && rows < 20 * count, `${rows} rows were read`);
    }));

  it('is made anew for all who find that it is gone, at the same time', () =>
    withQueue(async ({ database, storage }) => {
      await release(storage, 't1');
      await said(database, 'drop schema tasker_queue cascade');
      const [first, second, released] = await Promise.all([
        storage.queue.takeDue(9, 9),
        storage.queue.takeDue(9, 9),
        release(storage, 't2'),
      ]);
      assert.deepEqual(
        released.map(({ kind }) => kind),
        ['committed'],
      );
      assert.deepEqual(ids([...first, ...second, ...(await storage.queue.takeDue(9, 9))]), ['t1', 't2']);
    }));

  it('gives out what a worker freed by leaving at once, though other work waits', () =>
    withQueue(async ({ storage, join }) => {
      const other = await join('worker-2');
      await storage.tasks.commit([creation('held', { create: newTask('held', { priority: 9 }) })]);
      await release(storage, 't1', 't2', 't3');
      assert.deepEqual(ids(await other.queue.takeDue(9, 1)), ['t1']);
      await storage.workers.leave(worker.id, []);
      assert.deepEqual(ids(await other.queue.takeDue(Number.MAX_SAFE_INTEGER, 1)), ['held']);
    }));

  it('gives each task to one of many who ask at once', () =>
    withQueue(async ({ storage, join }) => {
      const others = [storage, await join('worker-2'), await join('worker-3')];
      let last = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.record({ who: fc.nat(2), limit: fc.integer({ min: 1, max: 5 }) }), {
            minLength: 2,
            maxLength: 8,
          }),
          fc.integer({ min: 0, max: 12 }),
          async (takers, count) => {
            const made = Array.from({ length: count }, () => `t${(last += 1)}`);
            await release(storage, ...made);
            const one = made[0];
            const takings = await Promise.all([
              ...takers.map(({ who, limit }) => others[who]?.queue.takeDue(9, limit)),
              one === undefined ? [] : others[1]?.queue.takeOne(one).then((taken) => (taken === null ? [] : [taken])),
            ]);
            const taken = [...takings.flatMap((some) => some ?? []), ...(await storage.queue.takeDue(9, 99))];
            assert.deepEqual(ids(taken), made.toSorted());
            assert.ok(taken.every(({ lease }) => lease === 1));
          },
        ),
        { numRuns: 10 },
      );
    }));

  it('lets a worker that was frozen past its lease record nothing, nor take anything', () =>
    withQueue(async ({ database, storage, join }) => {
      await storage.tasks.commit([creation('t1')]);
      await database.query('update tasker.workers set lease_until = 0');
      await join('worker-2');
      const other = await join('worker-3');
      const [taken] = await other.queue.takeDue(Number.MAX_SAFE_INTEGER, 9);
      assert.equal(taken?.taskId, 't1');
      const late = change('t1', 1, { ...dueAt(1), events: [event('late', { taskId: 't1' })] });
      assert.equal((await commitOne(storage, late))?.kind, 'lease_lost');
      assert.equal((await commitOne(storage, creation('t2')))?.kind, 'lease_lost');
      assert.equal(await storage.workers.note(worker.id, [event('late note')]), null);
      await release(storage, 't3');
      assert.equal(await storage.queue.takeOne('t3'), null);
      assert.deepEqual(await storage.queue.takeDue(9, 9), []);
      assert.deepEqual(await storage.queue.takeOverdue(Number.MAX_SAFE_INTEGER, 9), []);
      assert.deepEqual(await wholeLog(storage), []);
    }));

  it('leaves nothing behind that keeps a process running, at whichever statement it is closed', () =>
    withQueue(async ({ database, storage }) => {
      await release(storage, 't1');
      const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
      const wakeUp = { taskId: 't2', namespace: 'default', priority: 0, dueAt: 1, token: 1, at: 1 };
      for (let closeAt = 1, count = closeAt; count >= closeAt; closeAt++) {
        count = 0;
        const before = timers();
        const connections = new Connections({ url: database.url });
        let closed: Promise<void> | null = null;
        const queue = new JobQueue(
          statementsOf(connections.side, () => {
            count += 1;
            if (count === closeAt) closed = queue.close();
          }),
          connections.place,
        );
        // What a repair does: the second may begin after the close.
        await queue.taking(['default'], 1).catch(() => undefined);
        await queue.enqueueing([wakeUp]).catch(() => undefined);
        await (closed ?? queue.close());
        await connections.close();
        assert.equal(timers(), before, `closed at statement ${closeAt}`);
      }
    }));
});
