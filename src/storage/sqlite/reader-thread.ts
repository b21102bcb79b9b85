import { parentPort, workerData } from 'node:worker_threads';

import type { Database } from 'better-sqlite3';

import type { Storage } from '../../execution/storage.ts';
import { backUp } from './backup.ts';
import { openConnection } from './connection.ts';
import { SqliteEventLog } from './event-log.ts';
import { type FromReader, type ReaderThreadData, type ReadName, takeApart, type ToReader } from './reader-protocol.ts';
import { SqliteTaskReader } from './task-reader.ts';

/** Answers reads on a connection of its own, one at a time. Started by `threaded-reader.ts`. */
const { place } = workerData as ReaderThreadData;
const port = parentPort;
if (port === null) throw new Error('reader-thread.ts is to be started as a worker thread');

let db: Database | null = null;
let call: ((name: ReadName, args: readonly unknown[]) => Promise<unknown>) | null = null;

/** At the first call, so that a failure to open is that call's answer. */
function open(): (name: ReadName, args: readonly unknown[]) => Promise<unknown> {
  const connection = openConnection(place, 'read');
  db = connection;
  const log = new SqliteEventLog(db, place);
  const reader = new SqliteTaskReader(db, place);
  return (name, args) => {
    if (name === 'backup') return Promise.resolve(backUp(connection, ...(args as Parameters<Storage['backup']>)));
    const target: object = name === 'read' ? log : reader;
    const method = Reflect.get(target, name) as (...given: readonly unknown[]) => Promise<unknown>;
    return method.apply(target, [...args]);
  };
}

async function answer(message: Extract<ToReader, { kind: 'call' }>): Promise<FromReader> {
  try {
    call ??= open();
    return { id: message.id, ok: true, value: await call(message.name, message.args) };
  } catch (error) {
    return { id: message.id, ok: false, error: takeApart(error) };
  }
}

port.on('message', (message: ToReader) => {
  if (message.kind === 'call') {
    void answer(message).then((reply) => port.postMessage(reply));
    return;
  }
  db?.close();
  port.close();
});
