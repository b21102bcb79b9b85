import { resolve } from 'node:path';

import type { Database } from 'better-sqlite3';

import type { Storage } from '../../execution/storage.ts';
import type { ProgressResult } from '../../subscribers/subscriber-store.ts';
import { type Clock, systemClock } from '../../shared/clock.ts';
import { backUp } from './backup.ts';
import { EventAppender } from './append-events.ts';
import { SqliteCommandInbox } from './command-inbox.ts';
import { type Access, openConnection, prepareForWriting } from './connection.ts';
import { EngineLock } from './engine-lock.ts';
import { SqliteEventLog } from './event-log.ts';
import { checkSchema, migrate } from './migrate.ts';
import { SqliteRetentionStore } from './retention-store.ts';
import { type Place, throwMapped } from './storage-errors.ts';
import { SqliteSubscriberStore } from './subscriber-store.ts';
import { SqliteTaskReader } from './task-reader.ts';
import { SqliteTaskStore } from './task-store.ts';
import { SqliteTemplateStore } from './template-store.ts';
import { ThreadedReader } from './threaded-reader.ts';
import { Transactions } from './transaction.ts';
import { SqliteWorkQueue } from './work-queue.ts';
import { SqliteWorkers } from './workers.ts';
import { ProgressSaver } from './write-progress.ts';

export interface SqliteOptions {
  /** Path, made absolute against the working directory; or ':memory:' for a storage that ends with `close`. */
  readonly file: string;
  /** The database's greatest size in bytes, its write-ahead log not counted; null: as the disk allows. */
  readonly maxBytes: number | null;
  /** Default false. The file must exist; whatever would write is refused. */
  readonly readOnly?: boolean;
  readonly clock?: Clock;
}

/** Opens a storage in one SQLite file, creating or migrating it first. */
export async function openSqlite(options: SqliteOptions): Promise<Storage> {
  const location = options.file === ':memory:' ? options.file : resolve(options.file);
  const place: Place = { location, maxBytes: options.maxBytes };
  const access: Access = options.readOnly === true ? 'read' : 'write';
  const db = openConnection(place, access);
  try {
    checkSchema(db, place, access);
    if (access === 'write') {
      prepareForWriting(db, place);
      migrate(db, place);
    }
    return assemble(db, place, options.clock ?? systemClock);
  } catch (error) {
    db.close();
    return throwMapped(error, place);
  }
}

function assemble(db: Database, place: Place, clock: Clock): Storage {
  const lock = new EngineLock(place);
  const transactions = new Transactions(db);
  const events = new EventAppender(db);
  const log = new SqliteEventLog(db, place);
  // A memory database has one connection and no second thread that could see it.
  const threaded = place.location === ':memory:' ? null : new ThreadedReader(place);
  const tasks = new SqliteTaskStore(db, place, lock, transactions, events);
  const saver = new ProgressSaver(db, place, lock, transactions, events);
  return {
    location: place.location,
    tasks,
    retention: new SqliteRetentionStore(db, place, lock, transactions, events),
    subscribers: new SqliteSubscriberStore(db, place),
    // The one engine runs all of them.
    leases: { claim: async (workerId) => lock.workerId === workerId, release: async () => undefined },
    async commitGroup(changes, parts) {
      let progress: readonly ProgressResult[] = [];
      const written = await tasks.commit(changes, () => {
        progress = saver.save(parts);
      });
      return { changes: written, progress };
    },
    queue: new SqliteWorkQueue(db, place, lock, transactions),
    workers: new SqliteWorkers(db, place, lock, transactions, events, clock),
    commands: new SqliteCommandInbox(db, place),
    templates: new SqliteTemplateStore(db, place, transactions),
    reader: threaded ?? new SqliteTaskReader(db, place),
    log: {
      read: (query) => (threaded ?? log).read(query),
      lastPosition: () => log.lastPosition(),
    },
    backup: async (file, how) => (threaded === null ? backUp(db, file, how) : threaded.backup(file, how)),
    async close() {
      // The thread first: whoever closes last folds the write-ahead log into the file.
      await threaded?.close();
      db.close();
      lock.release();
    },
  };
}
