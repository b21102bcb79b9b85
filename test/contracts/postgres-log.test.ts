import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import pg from 'pg';

import type { Storage } from '../../src/execution/storage.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { StoreClock } from '../../src/shared/store-clock.ts';
import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import { openLogSide } from '../../src/storage/postgres/open-log-side.ts';
import { creation, event, newTask, wholeLog } from '../../src/testing/contracts/fixtures.ts';
import { needsPostgres, type TestDatabase, withDatabase } from '../support/postgres.ts';

async function joinedAs(database: TestDatabase, id: string): Promise<Storage> {
  const storage = await openPostgres({ url: database.url, listenUrl: null });
  await storage.workers.join({ id, pid: 1, host: 'h', startedAt: 1 }, () => []);
  return storage;
}

/** Groups of one to four tasks with one to three events each. Every seventh group is a duplicate and writes nothing. */
async function write(storage: Storage, writer: string, groups: number): Promise<readonly string[]> {
  const written: string[] = [];
  for (let group = 0; group < groups; group += 1) {
    const changes = Array.from({ length: 1 + (group % 4) }, (_, index) => {
      const id = `${writer}-${group}-${index}`;
      const ids = Array.from({ length: 1 + (group % 3) }, (__, number) => `${id}-e${number}`);
      const idempotencyKey = group % 7 === 6 ? `${writer}-0-0` : id;
      return creation(id, {
        create: newTask(id, { idempotencyKey }),
        events: ids.map((eventId) => event(eventId, { taskId: id })),
      });
    });
    const results = await storage.tasks.commit(changes);
    for (const [index, { kind }] of results.entries()) {
      if (kind === 'committed') written.push(...(changes[index]?.events ?? []).map(({ id }) => id));
    }
  }
  return written;
}

describe('The log on PostgreSQL', needsPostgres, () => {
  it('shows a reader who follows it each event once, in order and without gaps, while four workers write', () =>
    withDatabase(async (database) => {
      const writers = ['w1', 'w2', 'w3', 'w4'];
      const storages: Storage[] = [];
      for (const id of writers) storages.push(await joinedAs(database, id));
      const side = await openLogSide({ url: database.url, clock: new StoreClock(systemClock) });
      const seen: string[] = [];
      let writing = true;
      const follow = async (): Promise<void> => {
        for (let after = 0; ;) {
          const last = !writing;
          const { events, lastPosition } = await side.log.read({ after, limit: 50 });
          for (const { id, position } of events) {
            seen.push(id);
            assert.equal(position, seen.length, 'a position was passed over');
          }
          after = lastPosition;
          assert.equal(after, seen.length);
          if (last && events.length === 0) return;
        }
      };
      const following = follow();
      const written = await Promise.all(storages.map((storage, index) => write(storage, `w${index}`, 20)));
      writing = false;
      await following;
      assert.ok(seen.length > 200);
      assert.deepEqual(seen.toSorted(), written.flat().toSorted());
      for (const mine of written) {
        const known = new Set(mine);
        assert.deepEqual(
          seen.filter((id) => known.has(id)),
          mine,
          "a worker's events are in the order in which it wrote them",
        );
      }
      await side.close();
      for (const storage of storages) await storage.close();
    }));

  it('goes on while another session is idle in a transaction, whatever that has written', () =>
    withDatabase(async (database) => {
      const storage = await joinedAs(database, 'w');
      const idle = new pg.Client({ connectionString: database.url });
      await idle.connect();
      await idle.query('begin');
      await idle.query('select pg_current_xact_id()');
      await idle.query("insert into tasker.templates values ('idle', 'n', 'n', '1', 1, '{}')");
      await storage.tasks.commit([creation('t1', { events: [event('e1', { taskId: 't1' })] })]);
      await storage.tasks.commit([creation('t2', { events: [event('e2', { taskId: 't2' })] })]);
      assert.deepEqual(
        (await wholeLog(storage)).map(({ id, position }) => [id, position]),
        [
          ['e1', 1],
          ['e2', 2],
        ],
      );
      await idle.query('rollback');
      await idle.end();
      await storage.close();
    }));
});
