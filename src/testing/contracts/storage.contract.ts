import { commandInboxContract } from './command-inbox.contract.ts';
import { eventLogContract } from './event-log.contract.ts';
import type { Open } from './fixtures.ts';
import { subscriberStoreContract } from './subscriber-store.contract.ts';
import { taskReaderContract } from './task-reader.contract.ts';
import { taskStoreContract } from './task-store.contract.ts';
import { templateStoreContract } from './template-store.contract.ts';
import { workQueueContract } from './work-queue.contract.ts';
import { workersContract } from './workers.contract.ts';

/**
 * What must hold of every storage, as suites of `node:test`. `open` gives an empty one each time. `another`:
 * whether it also gives second connections to it; tests that need one are skipped, with that reason, where not.
 */
export function storageContract(name: string, open: Open, has: { readonly another: boolean }): void {
  commandInboxContract(name, open, has.another);
  eventLogContract(name, open);
  subscriberStoreContract(name, open);
  taskReaderContract(name, open);
  taskStoreContract(name, open);
  templateStoreContract(name, open);
  workQueueContract(name, open);
  workersContract(name, open, has.another);
}
