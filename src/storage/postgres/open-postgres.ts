import type { Storage } from '../../execution/storage.ts';
import { type Clock, systemClock } from '../../shared/clock.ts';
import { refuseBackup } from './backup.ts';
import { PostgresCommandInbox } from './command-inbox.ts';
import { type ConnectionOptions, Connections } from './connection.ts';
import { PostgresEventLog } from './event-log.ts';
import { JobQueue } from './job-queue.ts';
import { Membership } from './membership.ts';
import { checkSchema, migrate } from './migrate.ts';
import { Notifications } from './notifications.ts';
import { PostgresRetentionStore } from './retention-store.ts';
import { throwMapped } from './storage-errors.ts';
import { StoreClock } from './store-clock.ts';
import { PostgresSubscriberLeases } from './subscriber-leases.ts';
import { PostgresSubscriberStore } from './subscriber-store.ts';
import { PostgresTaskReader } from './task-reader.ts';
import { PostgresTaskStore } from './task-store.ts';
import { PostgresTemplateStore } from './template-store.ts';
import { PostgresWorkQueue } from './work-queue.ts';
import { PostgresWorkers } from './workers.ts';

export interface PostgresOptions extends ConnectionOptions {
  /** Default true. False: nobody listens for what is new, and it is found by looking. */
  readonly listen?: boolean | undefined;
  /** How long a worker that stays silent keeps what it holds; default 10 000. */
  readonly leaseMs?: number | undefined;
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
    return assemble(connections, clock, options);
  } catch (error) {
    await connections.close();
    return throwMapped(error, connections.place);
  }
}

function assemble(connections: Connections, clock: StoreClock, options: PostgresOptions): PostgresStorage {
  const { place, schema, side, reads } = connections;
  const membership = new Membership();
  const notifications = new Notifications(connections, clock, options.listen !== false);
  const jobs = new JobQueue(side, place.schema);
  const tasks = new PostgresTaskStore(connections, membership, jobs);
  const watch = (onNews: () => void): (() => void) =>
    notifications.watch((news) => {
      if (news !== 'command') onNews();
    });
  const queue = new PostgresWorkQueue(connections, membership, jobs, clock, watch);
  return {
    location: place.location,
    clock,
    tasks,
    queue,
    workers: new PostgresWorkers(connections, membership, {
      leaseMs: options.leaseMs,
      onFreed: () => queue.repair(clock.now()),
      onRenewal: () => clock.measure(side),
    }),
    commands: new PostgresCommandInbox({ connections, membership, clock, notifications }),
    templates: new PostgresTemplateStore(side, place, schema),
    reader: new PostgresTaskReader(reads, place, schema),
    log: new PostgresEventLog(reads, place, schema),
    retention: new PostgresRetentionStore(connections, membership),
    subscribers: new PostgresSubscriberStore(reads, place, schema),
    leases: new PostgresSubscriberLeases(connections),
    commitGroup: (changes, progress) => tasks.commitGroup(changes, progress),
    backup: (file) => Promise.reject(refuseBackup(place, file)),
    async close() {
      await notifications.close();
      // Before the connections that it uses.
      await jobs.close();
      await connections.close();
    },
  };
}
