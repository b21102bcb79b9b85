import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import pg from 'pg';

import { createTasker, defineTask, type Tasker } from '../../src/index.ts';
import { placeOrder } from '../docs/place-order.ts';
import { freshDatabase, needsPostgres } from '../support/postgres.ts';
import { until } from '../support/until.ts';

const order = defineTask<{ id: string; lines?: number }>({
  name: 'order',
  schema: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
  step_templates: [{ name: 'ship', handler: ({ context }) => ({ shipped: context.id }) }],
});

/** A worker that has begun, and beside it a process without one, over one database that has a table of its user's. */
async function world(t: TestContext) {
  const database = await freshDatabase();
  const pool = new pg.Pool({ connectionString: database.url });
  const opened: Tasker[] = [];
  t.after(async () => {
    for (const tasker of opened) await tasker.stop();
    await pool.end();
    await database.drop();
  });
  const open = async (): Promise<Tasker> => {
    const tasker = await createTasker({ storage: database.url, tasks: [order], observers: false }, { env: {} });
    opened.push(tasker);
    return tasker;
  };
  await database.query('create table orders (id text primary key, body jsonb not null)');
  const [worker, web] = [await open(), await open()];
  await worker.start();
  const transaction = async (isolation: string, use: (client: pg.PoolClient) => Promise<void>): Promise<void> => {
    const client = await pool.connect();
    try {
      await client.query(`begin ${isolation}`);
      await use(client);
    } finally {
      await client.query('rollback');
      client.release();
    }
  };
  const orders = async (): Promise<readonly unknown[]> =>
    (await database.query('select id from orders order by id')).map(({ id }) => id);
  return { database, pool, worker, web, transaction, orders, open };
}

const unfit = (message: RegExp) => ({ code: 'TASKER_TRANSACTION_UNFIT', message });

describe('A task in a transaction of its user', needsPostgres, () => {
  it('is committed with the rows of that user, from a process without an engine and from a worker, and runs', async (t) => {
    const { pool, worker, web, orders } = await world(t);
    const fromWeb = await placeOrder(pool, web, { id: 'o-1' });
    assert.equal(fromWeb.existing, false);
    const task = await fromWeb.wait();
    assert.deepEqual(
      [task.status, task.steps[0]?.results, task.idempotencyKey],
      ['complete', { shipped: 'o-1' }, 'o-1'],
    );
    const fromWorker = await placeOrder(pool, worker, { id: 'o-2' });
    assert.equal((await fromWorker.wait()).status, 'complete');
    assert.deepEqual(await orders(), ['o-1', 'o-2']);
    const { events } = await web.events();
    assert.deepEqual(
      events.map(({ position }) => position),
      events.map((_, index) => index + 1),
    );
    assert.deepEqual(
      events.filter(({ taskId }) => taskId === fromWeb.id).map(({ name }) => name),
      [
        'task.initialize_requested',
        'task.start_requested',
        'step.execution_requested',
        'step.completed',
        'task.completed',
      ],
    );
  });

  it('is not seen before the commit, and with a rollback there never was one', async (t) => {
    const { database, web, transaction, orders } = await world(t);
    let id = '';
    const before = await web.lastPosition();
    await transaction('', async (client) => {
      await client.query("insert into orders values ('o-1', '{}')");
      ({ id } = await web.runIn(client, { name: 'order', context: { id: 'o-1' } }));
      assert.equal((await client.query('select from tasker.tasks where id = $1', [id])).rowCount, 1);
      assert.equal((await web.list()).tasks.length, 0);
      assert.equal(await web.lastPosition(), before);
    });
    assert.deepEqual(await orders(), []);
    await assert.rejects(web.get(id), { code: 'TASKER_TASK_NOT_FOUND' });
    assert.equal(await web.lastPosition(), before);
    for (const table of ['tasker.tasks', 'tasker.steps', 'tasker_queue.job']) {
      assert.deepEqual(await database.query(`select from ${table}`), [], table);
    }
  });

  it('is the earlier one where its idempotency key has one, also one that is committed only meanwhile', async (t) => {
    const { pool, web, transaction } = await world(t);
    const first = await pool.connect();
    await first.query('begin');
    const request = { name: 'order', context: { id: 'o-1' }, idempotencyKey: 'k' };
    const { id } = await web.runIn(first, request);
    await transaction('', async (second) => {
      const pid = (await second.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid;
      const waiting = web.runIn(second, request);
      await until(async () => {
        const { rowCount } = await pool.query(
          "select from pg_stat_activity where pid = $1 and wait_event_type = 'Lock'",
          [pid],
        );
        return rowCount === 1;
      });
      await first.query('commit');
      const handle = await waiting;
      assert.deepEqual([handle.id, handle.existing], [id, true]);
      // Its transaction is as good as before.
      await second.query("insert into orders values ('o-2', '{}')");
      await second.query('commit');
    });
    first.release();
    assert.equal((await web.wait(id)).status, 'complete');
    assert.equal((await web.list()).tasks.length, 1);
  });

  it('may be one of several in one transaction, some of them for later', async (t) => {
    const { web, transaction } = await world(t);
    const ids: string[] = [];
    const startAt = Date.now() + 60_000;
    await transaction('', async (client) => {
      for (const at of [undefined, undefined, startAt]) {
        const timed = at === undefined ? {} : { startAt: at };
        ids.push((await web.runIn(client, { name: 'order', context: { id: 'o' }, priority: 3, ...timed })).id);
      }
      await client.query('commit');
    });
    const [one = '', two = '', later = ''] = ids;
    assert.deepEqual([(await web.wait(one)).status, (await web.wait(two)).status], ['complete', 'complete']);
    const waiting = await web.get(later);
    assert.deepEqual([waiting.status, waiting.startAt, waiting.priority], ['pending', startAt, 3]);
  });

  it('is refused where nothing would be sure, and the transaction may go on', async (t) => {
    const { database, pool, web, transaction, orders } = await world(t);
    const request = { name: 'order', context: { id: 'o-1' } };
    await assert.rejects(web.runIn(pool, request), unfit(/no transaction open.*a pool takes another connection/));
    const lone = await pool.connect();
    await assert.rejects(web.runIn(lone, request), unfit(/Say 'begin' on it first/));
    lone.release();
    for (const isolation of ['repeatable read', 'serializable']) {
      await transaction(`isolation level ${isolation}`, async (client) => {
        await client.query('insert into orders values ($1, $2)', [isolation, {}]);
        await assert.rejects(
          web.runIn(client, request),
          unfit(new RegExp(`'${isolation}'.*isolation level read committed`)),
        );
        await assert.rejects(web.runIn(client, { ...request, context: {} }), { code: 'TASKER_CONTEXT_INVALID' });
        await client.query('commit');
      });
    }
    assert.deepEqual(await orders(), ['repeatable read', 'serializable']);

    const other = await freshDatabase();
    const client = new pg.Client({ connectionString: other.url });
    await client.connect();
    await client.query('begin');
    await assert.rejects(web.runIn(client, request), unfit(/not connected to the database of the storage/));
    await client.end();
    await other.drop();
    assert.deepEqual(await database.query('select from tasker.tasks'), []);
  });

  it('is refused in a copy of the database, which has all the same tables', async (t) => {
    const { database, web } = await world(t);
    const copy = await freshDatabase();
    const dumped = await createTasker({ storage: copy.url, tasks: [order] }, { env: {} });
    await dumped.stop();
    const [row] = await database.query('select storage_id from tasker.identity');
    await copy.query('update tasker.identity set storage_id = $1', [row?.['storage_id']]);
    const client = new pg.Client({ connectionString: copy.url });
    await client.connect();
    await client.query('begin');
    const starting = web.runIn(client, { name: 'order', context: { id: 'o-1' } });
    await assert.rejects(starting, unfit(/not connected to the database of the storage/));
    await client.end();
    await copy.drop();
  });

  it('is refused while no worker has brought its template, as none could run it', async (t) => {
    const database = await freshDatabase();
    const web = await createTasker({ storage: database.url, tasks: [order] }, { env: {} });
    const client = new pg.Client({ connectionString: database.url });
    t.after(async () => {
      await web.stop();
      await client.end();
      await database.drop();
    });
    await client.connect();
    await client.query('begin');
    await assert.rejects(web.runIn(client, { name: 'order', context: { id: 'o-1' } }), {
      code: 'TASKER_TEMPLATE_NOT_FOUND',
      message: /no worker has started with it yet/,
    });
  });

  it('does not hold up the workers of a process that stops in the middle of it', async (t) => {
    const { web, transaction } = await world(t);
    await transaction('', async (client) => {
      const limit = async () =>
        (
          await client.query<{ ms: string }>(
            "select setting as ms from pg_settings where name = 'idle_in_transaction_session_timeout'",
          )
        ).rows[0]?.ms;
      await web.runIn(client, { name: 'order', context: { id: 'o-1' } });
      assert.equal(await limit(), '5000');
      await client.query('commit');
      assert.equal(await limit(), '0');
      await client.query('begin');
      await client.query("set idle_in_transaction_session_timeout = '2s'");
      await web.runIn(client, { name: 'order', context: { id: 'o-2' } });
      assert.equal(await limit(), '2000', 'a shorter limit stays');
    });
  });
});

describe('On SQLite a task in a transaction of its user', () => {
  it('is refused, with what to use instead', async (t) => {
    const tasker = await createTasker({ storage: { kind: 'memory' }, tasks: [order] }, { env: {} });
    t.after(() => tasker.stop());
    const client = { query: () => Promise.reject(new Error('nothing is asked')) };
    await assert.rejects(
      tasker.runIn(client, { name: 'order', context: { id: 'o-1' } }),
      unfit(/only a storage on PostgreSQL.*Use 'run'/),
    );
  });
});
