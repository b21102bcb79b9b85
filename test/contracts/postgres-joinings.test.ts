import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';

import type { Storage } from '../../src/execution/storage.ts';
import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import { change, commitOne, creation, wholeLog, worker } from '../../src/testing/contracts/fixtures.ts';
import { needsPostgres, type TestDatabase, withDatabase } from '../support/postgres.ts';

const second = { ...worker, id: 'worker-2' };
/** The protocol's last message of whatever is asked. */
const sync = Buffer.from([0x53, 0, 0, 0, 4]);

/**
 * A way to the database on which a statement may be long: it has left, its sender has given its connection up, and only
 * later does it arrive.
 */
async function slowWay(t: TestContext, database: string) {
  const { hostname, port } = new URL(database);
  let holding: string | null = null;
  let isSilent = false;
  let arrive = async (): Promise<void> => assert.fail('nothing was held back');
  const server = createServer((near: Socket) => {
    const far = connect(Number(port), hostname);
    let held: Buffer[] | null = null;
    const end = (): void => {
      near.destroy();
      if (held === null) far.destroy();
    };
    for (const socket of [near, far]) socket.on('error', end).on('close', end);
    far.on('data', (data) => near.write(data));
    near.on('data', (data) => {
      if (holding !== null && data.includes(holding)) [held, holding] = [[], null];
      if (held === null) return void far.write(data);
      held.push(data);
      const asked = Buffer.concat(held);
      if (!asked.subarray(-sync.length).equals(sync)) return;
      arrive = async () => {
        // The server does what it was asked before it finds that nobody is there any more.
        far.end(asked);
        await once(far, 'close');
      };
      if (!isSilent) near.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const url = new URL(database);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    /**
     * `asking` sends a statement in which `mark` is: it is under way from then on. `silent`: its sender learns nothing
     * of that and waits for an answer.
     */
    async holdBack(mark: string, asking: () => Promise<unknown>, { silent = false } = {}): Promise<void> {
      [holding, isSilent] = [mark, silent];
      await assert.rejects(asking(), { code: 'TASKER_STORAGE_UNAVAILABLE' });
      assert.equal(holding, null);
    },
    arrive: () => arrive(),
  };
}

interface Given {
  readonly database: TestDatabase;
  readonly way: Awaited<ReturnType<typeof slowWay>>;
  /** Has joined as `worker`, over that way. */
  readonly storage: Storage;
  readonly other: Storage;
}

const withSlowWay = (t: TestContext, use: (given: Given) => Promise<void>): Promise<void> =>
  withDatabase(async (database) => {
    const way = await slowWay(t, database.url);
    const storage = await openPostgres({ url: way.url, listenUrl: null, statementTimeoutMs: 2_000 });
    const other = await openPostgres({ url: database.url, listenUrl: null });
    try {
      await storage.workers.join(worker, () => []);
      await use({ database, way, storage, other });
    } finally {
      await storage.close();
      await other.close();
    }
  });

const heldTasks = (database: TestDatabase) =>
  database.query('select id from tasker.tasks where lease_worker is not null order by id');

describe('A worker on PostgreSQL that joins anew', needsPostgres, () => {
  for (const missed of [false, true]) {
    const how = missed ? 'others having missed it' : 'nobody having missed it';
    const lapse = async ({ database, other, storage }: Given): Promise<void> => {
      await database.query('update tasker.workers set lease_until = 0');
      if (missed) await other.workers.join(second, (lost) => (assert.equal(lost.length, 1), []));
      assert.equal((await storage.workers.renew(worker.id)).held, false);
      await storage.workers.join(worker, (_, anew) => (assert.equal(anew, !missed), []));
    };

    it(`creates nothing by what it sent before and what arrives only then, ${how}`, (t) =>
      withSlowWay(t, async (given) => {
        const { database, way, storage } = given;
        await way.holdBack('commit_group_v1', () => storage.tasks.commit([creation('late')]));
        await lapse(given);
        await way.arrive();
        assert.deepEqual(await database.query('select id from tasker.tasks'), []);
        assert.deepEqual(await wholeLog(storage), []);
        assert.equal((await commitOne(storage, creation('again')))?.kind, 'committed');
      }));

    it(`takes nothing by what it sent before and what arrives only then, ${how}`, (t) =>
      withSlowWay(t, async (given) => {
        const { database, way, storage } = given;
        await storage.tasks.commit([creation('t1', { release: { dueAt: 1, deadlineAt: null } })]);
        await way.holdBack('take_due_v1', () => storage.queue.takeDue(9, 9));
        await lapse(given);
        await way.arrive();
        assert.deepEqual(await heldTasks(database), []);
        assert.deepEqual(await storage.queue.takeDue(9, 9), [{ taskId: 't1', lease: 1 }]);
      }));
  }

  for (const [what, mark, send] of [
    ['creates', 'commit_group_v1', (storage: Storage) => storage.tasks.commit([creation('late')])],
    ['takes', 'take_due_v1', (storage: Storage) => storage.queue.takeDue(9, 9)],
  ] as const) {
    it(`${what} nothing by what was not answered, though its lease lives: it joins anew for that`, (t) =>
      withSlowWay(t, async ({ database, way, storage, other }) => {
        await other.workers.join(second, () => []);
        await other.tasks.commit([creation('t1', { release: { dueAt: 1, deadlineAt: null } })]);
        await way.holdBack(mark, () => send(storage), { silent: true });
        const again = [storage.tasks.commit([creation('late')]), storage.queue.takeDue(9, 9)];
        for (const sent of again) await assert.rejects(sent, { code: 'TASKER_STORAGE_UNAVAILABLE' });
        assert.equal((await storage.workers.renew(worker.id)).held, false);
        await storage.workers.join(worker, (_, anew) => (assert.equal(anew, true), []));
        assert.equal((await storage.workers.renew(worker.id)).held, true);
        await way.arrive();
        assert.deepEqual(await heldTasks(database), []);
        assert.deepEqual(await database.query('select id from tasker.tasks'), [{ id: 't1' }]);
      }));
  }

  it('keeps what it holds when an earlier try to join arrives after the one that came about', (t) =>
    withSlowWay(t, async ({ database, way, storage }) => {
      await way.holdBack(worker.host, () => storage.workers.join(worker, () => []));
      await storage.workers.join(worker, () => []);
      await storage.tasks.commit([creation('t1')]);
      await way.arrive();
      assert.equal((await storage.workers.renew(worker.id)).held, true);
      assert.equal((await database.query('select from tasker.workers')).length, 1);
      assert.equal((await commitOne(storage, change('t1', 1)))?.kind, 'committed');
    }));

  it('is beside workers of an earlier release, each of which may void the other', (t) =>
    withSlowWay(t, async ({ database, storage }) => {
      const noEvents = Array.from({ length: 9 }, () => `'{}'`).join(', ');
      await storage.workers.join(worker, () => []);
      await storage.tasks.commit([creation('t1')]);
      const joins = `select joined from tasker.join_worker_v2(false, 'old', 1, 'h', 1, 10000, '{}', '{}', ${noEvents})`;
      assert.deepEqual(await database.query(joins), [{ joined: true }]);
      assert.equal((await storage.workers.renew(worker.id)).held, true);
      await database.query(`update tasker.workers set lease_until = 0 where id <> 'old'`);
      const found = `array(select id from tasker.workers where id <> 'old')`;
      const voids = `select done from tasker.void_lost_v1('old', ${found}, '{1}', ${noEvents})`;
      assert.deepEqual(await database.query(voids), [{ done: true }]);
      assert.deepEqual(await heldTasks(database), []);
      await database.query(`update tasker.workers set lease_until = 0 where id = 'old'`);
      await storage.workers.join(worker, (lost) => {
        assert.deepEqual(lost, [{ id: 'old', pid: 1, host: 'h', startedAt: 1, tasksHeld: 0 }]);
        return [];
      });
    }));
});
