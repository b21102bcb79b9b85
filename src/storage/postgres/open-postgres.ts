import type { Storage } from '../../execution/storage.ts';
import { type Clock, systemClock } from '../../shared/clock.ts';
import { refuseBackup } from './backup.ts';
import { PostgresCommandInbox } from './command-inbox.ts';
import { type ConnectionOptions, Connections } from './connection.ts';
import { PostgresEventLog } from './event-log.ts';
import { checkSchema, migrate } from './migrate.ts';
import { Notifications } from './notifications.ts';
import { PostgresRetentionStore } from './retention-store.ts';
import { throwMapped } from './storage-errors.ts';
import { StoreClock } from './store-clock.ts';
import { PostgresSubscriberStore } from './subscriber-store.ts';
import { PostgresTaskReader } from './task-reader.ts';
import { PostgresTemplateStore } from './template-store.ts';

export interface PostgresOptions extends ConnectionOptions {
  /** Default true. False: nobody listens for what is new, and it is found by looking. */
  readonly listen?: boolean | undefined;
  readonly clock?: Clock | undefined;
}

export interface PostgresStorage extends Storage {
  /** The database's time: what is to be compared with times that another worker has written. */
  readonly clock: Clock;
}

/** Opens a storage in one schema of a PostgreSQL database, creating or migrating it first. */
export async function openPostgres(options: PostgresOptions): Promise<PostgresStorage> {
  const connections = new Connections(options);
  try {
    await (options.readOnly === true ? checkSchema(connections) : migrate(connections));
    const clock = new StoreClock(options.clock ?? systemClock);
    await clock.measure(connections.side);
    return assemble(connections, clock, options.listen !== false);
  } catch (error) {
    await connections.close();
    return throwMapped(error, connections.place);
  }
}
