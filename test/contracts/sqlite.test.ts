import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Storage } from '../../src/execution/storage.ts';
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts';
import type { Has, Open, Opened } from '../../src/testing/contracts/fixtures.ts';
import { storageContract } from '../../src/testing/contracts/storage.contract.ts';
import { storageModelContract } from './storage-model.contract.ts';

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
    lapse: null,
    async cleanup() {
      for (const storage of opened) await storage.close();
      await rm(directory, { recursive: true });
    },
  };
}

async function openMemory(): Promise<Opened> {
  const storage = await openSqlite({ file: ':memory:', maxBytes: null });
  return { storage, another: null, lapse: null, cleanup: () => storage.close() };
}

function allContracts(name: string, open: Open, has: Has & { readonly modelRuns: number }): void {
  storageContract(name, open, has);
  storageModelContract(name, open, has.modelRuns, has.firstAmongEquals);
}

allContracts('a SQLite file', openFile, { another: true, engines: 'one', firstAmongEquals: 'due', modelRuns: 15 });
allContracts('SQLite in memory', openMemory, {
  another: false,
  engines: 'one',
  firstAmongEquals: 'due',
  modelRuns: 150,
});
