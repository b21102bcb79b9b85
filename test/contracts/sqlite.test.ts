import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Storage } from '../../src/execution/storage.ts';
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts';
import { commandInboxContract } from './command-inbox.contract.ts';
import { eventLogContract } from './event-log.contract.ts';
import type { Open, Opened } from './fixtures.ts';
import { storageModelContract } from './storage-model.contract.ts';
import { subscriberStoreContract } from './subscriber-store.contract.ts';
import { taskReaderContract } from './task-reader.contract.ts';
import { taskStoreContract } from './task-store.contract.ts';
import { templateStoreContract } from './template-store.contract.ts';
import { workQueueContract } from './work-queue.contract.ts';
import { workersContract } from './workers.contract.ts';

async function openFile(): Promise<Opened> {
  const directory = await mkdtemp(join(tmpdir(), 'tasker-sqlite-'));
  const opened: Storage[] = [];
  const another = async (): Promise<Storage> => {
    const storage = await openSqlite({ file: join(directory, 'new', 'tasker.db'), maxBytes: null });
    opened.push(storage);
    return storage;
  };
  return {
    storage: await another(),
    another,
    async cleanup() {
      for (const storage of opened) await storage.close();
      await rm(directory, { recursive: true });
    },
  };
}

async function openMemory(): Promise<Opened> {
  const storage = await openSqlite({ file: ':memory:', maxBytes: null });
  return { storage, another: null, cleanup: () => storage.close() };
}

function allContracts(name: string, open: Open, has: { readonly another: boolean; readonly modelRuns: number }): void {
  taskStoreContract(name, open);
  workQueueContract(name, open);
  workersContract(name, open, has.another);
  commandInboxContract(name, open, has.another);
  templateStoreContract(name, open);
  taskReaderContract(name, open);
  eventLogContract(name, open);
  subscriberStoreContract(name, open);
  storageModelContract(name, open, has.modelRuns);
}

allContracts('a SQLite file', openFile, { another: true, modelRuns: 15 });
allContracts('SQLite in memory', openMemory, { another: false, modelRuns: 150 });
