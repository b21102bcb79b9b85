import { after, describe } from 'node:test';

import type { Storage } from '../../src/execution/storage.ts';
import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import { creation, type Has, type Opened } from '../../src/testing/contracts/fixtures.ts';
import { storageContract } from '../../src/testing/contracts/storage.contract.ts';
import { freshDatabase, needsPostgres, type TestDatabase } from '../support/postgres.ts';
import { storageModelContract } from './storage-model.contract.ts';

let prepared: Promise<TestDatabase> | null = null;

/** One for all, emptied for each: making a database and dropping it takes longer than most tests. */
async function emptied(): Promise<TestDatabase> {
  prepared ??= freshDatabase().then(async (database) => {
    const storage = await openPostgres({ url: database.url, listenUrl: null });
    await storage.workers.join({ id: 'nobody', pid: 1, host: 'nowhere', startedAt: 0 }, () => []);
    // The queue's tables are made with the first task that waits.
    await storage.tasks.commit([creation('first', { release: { dueAt: 1, deadlineAt: null } })]);
    await storage.close();
    return database;
  });
  const database = await prepared;
  await database.query(`do $$
    begin
      execute (
        select 'truncate ' || string_agg(format('%I.%I', schemaname, tablename), ', ') || ' restart identity'
        from pg_tables
        where schemaname = 'tasker' and tablename not in ('schema_migrations', 'log_retention', 'identity')
      );
      update tasker.log_retention set removed_up_to = 0;
      delete from tasker_queue.job;
    end
    $$`);
  return database;
}

async function open(): Promise<Opened> {
  const database = await emptied();
  const opened: Storage[] = [];
  const another = async (): Promise<Storage> => {
    const storage = await openPostgres({ url: database.url });
    opened.push(storage);
    return storage;
  };
  return {
    storage: await another(),
    another,
    async lapse(workerId) {
      await database.query(
        'update tasker.workers set lease_until = 0 where $1::text is null or tasker.worker_id_v1(id) = $1',
        [workerId ?? null],
      );
    },
    async cleanup() {
      for (const storage of opened) await storage.close();
    },
  };
}

const has: Has = { another: true, engines: 'many', firstAmongEquals: 'released' };

describe('PostgreSQL', needsPostgres, () => {
  after(async () => (await prepared)?.drop());
  storageContract('PostgreSQL', open, has);
  storageModelContract('PostgreSQL', open, 15, has.firstAmongEquals);
});
