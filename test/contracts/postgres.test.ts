import { describe } from 'node:test';

import type { Storage } from '../../src/execution/storage.ts';
import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import { type Opened, worker } from '../../src/testing/contracts/fixtures.ts';
import { storageContract } from '../../src/testing/contracts/storage.contract.ts';
import { freshDatabase, needsPostgres } from '../support/postgres.ts';
import { storageModelContract } from './storage-model.contract.ts';

/** As an engine leaves it that has come and gone: with the schemas of storage and queue. */
const prepared = {
  name: 'storage',
  async prepare(url: string): Promise<void> {
    const storage = await openPostgres({ url, listen: false });
    await storage.workers.join(worker, () => []);
    await storage.queue.takeDue(0, 1);
    await storage.workers.leave(worker.id, []);
    await storage.close();
  },
};

async function open(): Promise<Opened> {
  const database = await freshDatabase(prepared);
  const opened: Storage[] = [];
  const another = async (): Promise<Storage> => {
    const storage = await openPostgres({ url: database.url });
    opened.push(storage);
    return storage;
  };
  return {
    storage: await another(),
    another,
    lapse: async () => void (await database.query('update tasker.workers set lease_until = 0')),
    async cleanup() {
      for (const storage of opened) await storage.close();
      await database.drop();
    },
  };
}

describe('On PostgreSQL', needsPostgres, () => {
  storageContract('PostgreSQL', open, { another: true, engines: 'many' });
  storageModelContract('PostgreSQL', open, 15);
});
