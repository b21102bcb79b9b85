import { commandInboxContract } from './command-inbox.contract.ts';
import { eventLogContract } from './event-log.contract.ts';
import type { Has, Open } from './fixtures.ts';
import { retentionStoreContract } from './retention-store.contract.ts';
import { subscriberLeasesContract } from './subscriber-leases.contract.ts';
import { subscriberStoreContract } from './subscriber-store.contract.ts';
import { taskReaderContract } from './task-reader.contract.ts';
import { taskStoreContract } from './task-store.contract.ts';
import { templateStoreContract } from './template-store.contract.ts';
import { workQueueContract } from './work-queue.contract.ts';
import { workersContract } from './workers.contract.ts';

/** What must hold of every storage, as suites of `node:test`. `open` gives an empty one each time. */
export function storageContract(name: string, open: Open, has: Has): void {
  commandInboxContract(name, open, has.another);
  eventLogContract(name, open);
  retentionStoreContract(name, open);
  subscriberLeasesContract(name, open, has.engines);
  subscriberStoreContract(name, open);
  taskReaderContract(name, open);
  taskStoreContract(name, open);
  templateStoreContract(name, open);
  workQueueContract(name, open, has.firstAmongEquals);
  workersContract(name, open, has);
}
