import type { Storage } from '../../execution/storage.ts';
import { systemClock } from '../../shared/clock.ts';
import { StoreClock } from '../../shared/store-clock.ts';
import { refuseBackup } from './backup.ts';
import { PostgresCommandInbox } from './command-inbox.ts';
import { type ConnectionOptions, Connections } from './connection.ts';
import { PostgresEventLog } from './event-log.ts';
import { requireFilled } from './filling.ts';
import { JobQueue } from './job-queue.ts';
import { Membership } from './membership.ts';
import { measureClock } from './measure-clock.ts';
import { checkSchema, migrate } from './migrate.ts';
import { Notifications } from './notifications.ts';
import { requireOwnSessions } from './own-sessions.ts';
import { PostgresRetentionStore } from './retention-store.ts';
import { throwMapped } from './storage-errors.ts';
import { PostgresSubscriberLeases } from './subscriber-leases.ts';
import { PostgresSubscriberStore } from './subscriber-store.ts';
import { PostgresTaskReader } from './task-reader.ts';
import { PostgresTaskStore } from './task-store.ts';
import { PostgresTemplateStore } from './template-store.ts';
import { PostgresTransactional } from './transactional.ts';
import { PostgresWorkQueue } from './work-queue.ts';
import { PostgresWorkers } from './workers.ts';

export interface PostgresOptions extends ConnectionOptions {
  /** How long a worker that stays silent keeps what it holds; default 10 000. */
  readonly leaseMs?: number | undefined;
  /** Set to the database's time: what is compared with times that another worker has written. Default: the system's. */
  readonly clock?: StoreClock | undefined;
}

/** Opens a storage in one schema of a PostgreSQL database, creating or migrating it first. */
export async function openPostgres(options: PostgresOptions): Promise<Storage> {
  const connections = new Connections(options);
  try {
    await requireOwnSessions(connections);
    await (options.readOnly === true ? checkSchema(connections) : migrate(connections));
    await requireFilled(connections);
    const clock = options.clock ?? new StoreClock(systemClock);
    await measureClock(clock, connections.side);
    return assemble(connections, clock, options);
  } catch (error) {
    await connections.close();
    return throwMapped(error, connections.place);
  }
}

function assemble(connections: Connections, clock: StoreClock, options: PostgresOptions): Storage {
  const { place, schema, side, lease, reads } = connections;
  const membership = new Membership(place);
  const notifications = new Notifications(connections, clock, options.listenUrl !== null);
  const jobs = new JobQueue(side, place);
  const watch = (onNews: () => void): (() => void) => notifications.watch(() => onNews());
  const queue = new PostgresWorkQueue(connections, membership, jobs, clock, watch);
  const onFreed = (): Promise<void> => queue.repairSoon();
  const tasks = new PostgresTaskStore(connections, membership, jobs, onFreed);
  const onRenewal = (): Promise<void> => {
    // No renewal waits for it; where it fails, the next one tries again.
    void tasks.settleDoubts().catch(() => undefined);
    return measureClock(clock, lease);
  };
  return {
    location: place.location,
    tasks,
    queue,
    workers: new PostgresWorkers(connections, membership, {
      leaseMs: options.leaseMs,
      onFreed,
      onRenewal,
    }),
    commands: new PostgresCommandInbox({ connections, membership, clock, notifications }),
    templates: new PostgresTemplateStore(side, place, schema),
    reader: new PostgresTaskReader(reads, place, schema),
    log: new PostgresEventLog(reads, place, schema),
    retention: new PostgresRetentionStore(connections, membership),
    subscribers: new PostgresSubscriberStore(reads, place, schema),
    leases: new PostgresSubscriberLeases(connections, membership),
    transactional: new PostgresTransactional(connections, jobs),
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
