import type { EventLog } from '../../log/event-log.ts';
import type { SubscriberStore } from '../../subscribers/subscriber-store.ts';
import { openConnection } from './connection.ts';
import { SqliteEventLog } from './event-log.ts';
import { SqliteSubscriberStore } from './subscriber-store.ts';

/** What a thread of subscribers reads, on a connection of its own; what it saves goes through the engine. */
export interface LogSide {
  readonly log: EventLog;
  readonly subscribers: SubscriberStore;
  close(): Promise<void>;
}

/** The file must be there, with this version's schema: an engine is running on it. */
export function openLogSide(file: string): LogSide {
  const place = { location: file, maxBytes: null };
  const db = openConnection(place, 'read');
  return {
    log: new SqliteEventLog(db, place),
    subscribers: new SqliteSubscriberStore(db, place),
    close: async () => void db.close(),
  };
}
