import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';

import type { Database } from 'better-sqlite3';

import { systemClock } from '../../shared/clock.ts';
import { TaskerError } from '../../shared/errors.ts';
import type { CopiedRow, CopiedTable, CopiedValue } from '../copied-tables.ts';
import type { CopySource } from '../copy-storage.ts';
import { openConnection, prepareForWriting } from './connection.ts';
import { EngineLock } from './engine-lock.ts';
import { checkSchema, migrate } from './migrate.ts';
import { markHere, markMoved, movedTo } from './moved.ts';
import { type Place, throwMapped } from './storage-errors.ts';

const portionRows = 2_000;
const portionCharacters = 4_000_000;

/** What SQLite does not keep as a column of its own. */
const derived: Readonly<Record<string, string>> = {
  'commands.subscriber': `case when json_type(body_json, '$.subscriber') = 'text' then json_extract(body_json, '$.subscriber') end`,
  // Whoever has not left is gone, as the lock is ours.
  'workers.lease_until': '0',
};

/**
 * Opens a storage to be copied as it stands, brought to this version's schema first. Until `close` there can be no
 * engine on it, and nobody else writes to it: a request of another process is refused rather than left behind.
 *
 * @throws TaskerError `TASKER_ENGINE_ALREADY_RUNNING`, `TASKER_STORAGE_*`.
 */
export function openCopySource(file: string): CopySource {
  const { db, place, close } = openAlone(file);
  return {
    location: realpathSync.native(place.location),
    movedTo: mapped(place, () => movedTo(db)?.to ?? null),
    count: (table) =>
      mapped(place, () => db.prepare<[], number>(`select count(*) from ${table.name}`).pluck().get() ?? 0),
    portions: (table) => portionsOf(db, place, table),
    markMoved: (to) =>
      mapped(place, () => {
        markMoved(db, { to, at: systemClock.now() });
        db.exec('commit; begin immediate');
      }),
    close,
  };
}

/**
 * Lets engines work again on a storage that was copied elsewhere. Where it had been copied to; null when it had not been.
 *
 * @throws TaskerError `TASKER_ENGINE_ALREADY_RUNNING`, `TASKER_STORAGE_*`.
 */
export function takeBack(file: string): string | null {
  const { db, place, close } = openAlone(file);
  try {
    return mapped(place, () => {
      const moved = movedTo(db);
      markHere(db);
      db.exec('commit');
      return moved?.to ?? null;
    });
  } finally {
    close();
  }
}

interface Alone {
  readonly db: Database;
  readonly place: Place;
  readonly close: () => void;
}

/** In a transaction that keeps every other writer out. */
function openAlone(file: string): Alone {
  const place: Place = { location: resolve(file), maxBytes: null };
  // To read, it must be there; opened for writing at once, a slip in its name would make a new one.
  openConnection(place, 'read').close();
  const db = openConnection(place, 'write');
  const lock = new EngineLock(place);
  const close = (): void => {
    db.close();
    lock.release();
  };
  try {
    checkSchema(db, place, 'write');
    if (!lock.acquire('migrate-storage')) throw engineRuns(place);
    prepareForWriting(db, place);
    migrate(db, place);
    db.exec('begin immediate');
  } catch (error) {
    close();
    return throwMapped(error, place);
  }
  return { db, place, close };
}

function* portionsOf(db: Database, place: Place, table: CopiedTable): Iterable<readonly CopiedRow[]> {
  try {
    let portion: CopiedRow[] = [];
    let characters = 0;
    for (const values of db.prepare<[], CopiedValue[]>(select(table)).raw().iterate()) {
      const row = values.map((value, index) => asStored(table, index, value));
      for (const value of row) if (typeof value === 'string') characters += value.length;
      portion.push(row);
      if (portion.length < portionRows && characters < portionCharacters) continue;
      yield portion;
      portion = [];
      characters = 0;
    }
    if (portion.length > 0) yield portion;
  } catch (error) {
    throwMapped(error, place);
  }
}

function select({ name, columns, key }: CopiedTable): string {
  const values = Object.keys(columns).map((column) => derived[`${name}.${column}`] ?? `"${column}"`);
  return `select ${values.join(', ')} from ${name} order by ${key.join(', ')}`;
}

function asStored({ columns }: CopiedTable, index: number, value: CopiedValue): CopiedValue {
  if (value === null) return null;
  return Object.values(columns)[index] === 'boolean' ? value !== 0 : value;
}

function mapped<T>(place: Place, read: () => T): T {
  try {
    return read();
  } catch (error) {
    return throwMapped(error, place);
  }
}

function engineRuns({ location }: Place): TaskerError {
  return new TaskerError(
    'TASKER_ENGINE_ALREADY_RUNNING',
    `An engine is running on '${location}'; what it writes meanwhile would be left behind. Stop it, then copy the storage.`,
    { details: { location } },
  );
}
