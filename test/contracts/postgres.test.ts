import { describe } from 'node:test';

import type { Storage } from '../../src/execution/storage.ts';
import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import type { Has, Opened } from '../../src/testing/contracts/fixtures.ts';
import { storageContract } from '../../src/testing/contracts/storage.contract.ts';
import { freshDatabase, needsPostgres } from '../support/postgres.ts';
import { storageModelContract } from './storage-model.contract.ts';

/** With its tables, and the queue's: making these anew for each test would take most of the time. */
const prepared = {
  name: 'storage',
  async prepare(url: string): Promise<void> {
    const storage = await openPostgres({ url, listenUrl: null });
    await storage.workers.join({ id: 'nobody', pid: 1, host: 'nowhere', startedAt: 0 }, () => []);
    await storage.queue.takeDue(0, 1);
    await storage.workers.leave('nobody', []);
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

const has: Has = { another: true, engines: 'many', firstAmongEquals: 'released' };

describe('PostgreSQL', needsPostgres, () => {
  storageContract('PostgreSQL', open, has);
  storageModelContract('PostgreSQL', open, 15, has.firstAmongEquals);
});
