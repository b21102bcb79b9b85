import type { EventLog } from '../../log/event-log.ts';
import type { StoreClock } from '../../shared/store-clock.ts';
import type { SubscriberStore } from '../../subscribers/subscriber-store.ts';
import { type ConnectionOptions, Connections } from './connection.ts';
import { measureClock } from './measure-clock.ts';
import { throwMapped } from './storage-errors.ts';
import { PostgresEventLog } from './event-log.ts';
import { PostgresSubscriberStore } from './subscriber-store.ts';

/** What a thread of subscribers reads, on connections of its own; what it saves goes through the engine. */
export interface LogSide {
  readonly log: EventLog;
  readonly subscribers: SubscriberStore;
  close(): Promise<void>;
}

/** The schema must be there: an engine is running on it. */
export async function openLogSide(options: ConnectionOptions & { readonly clock: StoreClock }): Promise<LogSide> {
  const connections = new Connections({ ...options, readOnly: true });
  const { reads, place, schema } = connections;
  try {
    await measureClock(options.clock, reads);
  } catch (error) {
    await connections.close();
    return throwMapped(error, place);
  }
  return {
    log: new PostgresEventLog(reads, place, schema),
    subscribers: new PostgresSubscriberStore(reads, place, schema),
    close: () => connections.close(),
  };
}
