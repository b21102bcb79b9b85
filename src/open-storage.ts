import type { ResolvedPostgres, ResolvedStorage } from './config/storage.ts';
import type { Storage } from './execution/storage.ts';
import type { EventLog } from './log/event-log.ts';
import { type Clock, systemClock } from './shared/clock.ts';
import { isRealTime, StoreClock } from './shared/store-clock.ts';
import { openSqlite } from './storage/sqlite/open-sqlite.ts';
import type { SubscriberStore } from './subscribers/subscriber-store.ts';

/** The time that goes with a storage: that of a database elsewhere is the database's. */
export function clockFor(chosen: ResolvedStorage, own: Clock): Clock {
  return chosen.kind === 'postgres' ? new StoreClock(own) : own;
}

export async function openStorage(chosen: ResolvedStorage, clock: Clock): Promise<Storage> {
  if (chosen.kind === 'memory') return openSqlite({ file: ':memory:', maxBytes: null, clock });
  if (chosen.kind === 'sqlite') return openSqlite({ file: chosen.file, maxBytes: chosen.maxBytes, clock });
  // Not loaded where there is none: it takes a while, and who has no database needs no driver.
  const { openPostgres } = await import('./storage/postgres/open-postgres.ts');
  return openPostgres({ ...chosen, ...(clock instanceof StoreClock && { clock }) });
}

/** How a thread finds the same storage. */
export type StoreReference = { readonly kind: 'sqlite'; readonly file: string } | ResolvedPostgres;

/** null: no other thread can see it, or share its time. */
export function referenceTo(chosen: ResolvedStorage, clock: Clock): StoreReference | null {
  if (chosen.kind === 'memory' || !isRealTime(clock)) return null;
  return chosen.kind === 'sqlite' ? { kind: 'sqlite', file: chosen.file } : chosen;
}

/** What a thread of subscribers reads, by itself; what it saves goes through the engine. */
export interface LogSide {
  readonly log: EventLog;
  readonly subscribers: SubscriberStore;
  readonly clock: Clock;
  close(): Promise<void>;
}

export async function openLogSide(store: StoreReference): Promise<LogSide> {
  if (store.kind === 'sqlite') {
    const { openLogSide: open } = await import('./storage/sqlite/open-log-side.ts');
    return { ...open(store.file), clock: systemClock };
  }
  const { openLogSide: open } = await import('./storage/postgres/open-log-side.ts');
  const clock = new StoreClock(systemClock);
  return { ...(await open({ ...store, clock })), clock };
}
