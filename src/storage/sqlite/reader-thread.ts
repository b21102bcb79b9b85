import { parentPort, workerData } from 'node:worker_threads';

import type { Database } from 'better-sqlite3';

import type { Storage } from '../../execution/storage.ts';
import { ThreadCalls } from '../../shared/thread-calls.ts';
import { backUp } from './backup.ts';
import { openConnection } from './connection.ts';
import { SqliteEventLog } from './event-log.ts';
import type { ReaderThreadData, ReadName, Reads } from './reader-protocol.ts';
import { SqliteTaskReader } from './task-reader.ts';

/** Answers reads on a connection of its own, one at a time. Started by `threaded-reader.ts`. */
const { place } = workerData as ReaderThreadData;
const port = parentPort;
if (port === null) throw new Error('reader-thread.ts is to be started as a worker thread');

let db: Database | null = null;
let opened: Reads | null = null;

/** At the first call, so that a failure to open is that call's answer. */
function reads(): Reads {
  opened ??= open();
  return opened;
}

function open(): Reads {
  const connection = openConnection(place, 'read');
  db = connection;
  const log = new SqliteEventLog(connection, place);
  const reader = new SqliteTaskReader(connection, place);
  return {
    list: (query) => reader.list(query),
    get: (taskId) => reader.get(taskId),
    errors: (taskId) => reader.errors(taskId),
    countByStatus: () => reader.countByStatus(),
    read: (query) => log.read(query),
    backup: async (...args: Parameters<Storage['backup']>) => backUp(connection, ...args),
  };
}

const calls = new ThreadCalls(port, {
  list: (...args: Parameters<Reads['list']>) => reads().list(...args),
  get: (...args: Parameters<Reads['get']>) => reads().get(...args),
  errors: (...args: Parameters<Reads['errors']>) => reads().errors(...args),
  countByStatus: () => reads().countByStatus(),
  read: (...args: Parameters<Reads['read']>) => reads().read(...args),
  backup: (...args: Parameters<Reads['backup']>) => reads().backup(...args),
  close() {
    db?.close();
    port.close();
  },
} satisfies Record<ReadName | 'close', unknown>);

port.on('message', (message) => calls.received(message));
