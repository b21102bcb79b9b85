import { existsSync, realpathSync } from 'node:fs';

import Database from 'better-sqlite3';

import { type Place, sqliteCode, throwMapped } from './storage-errors.ts';

// Long enough for someone who only looks (microseconds), short enough to say "already running" at once.
const LOOKERS_MS = 250;

// A connection that nothing refers to is closed by the garbage collector, and its lock is gone: these are held until
// they are released, or the process ends.
const held = new Set<Database.Database>();

/**
 * free → held by this process (`workerId`) → free. One engine per database file: an open exclusive transaction on an
 * empty database beside it. The kernel drops the lock with the process, so a killed engine's place is free at once,
 * and no heartbeat has to be guessed at.
 *
 * Never open the lock file by other means than SQLite: closing any descriptor of it would drop this process's
 * lock (POSIX). SQLite knows that and keeps descriptors open as long as one of its connections needs them.
 */
export class EngineLock {
  readonly #place: Place;
  readonly #file: string | null;
  #holding: Database.Database | null = null;
  #workerId: string | null = null;

  constructor(place: Place) {
    this.#place = place;
    this.#file = place.location === ':memory:' ? null : `${realPath(place.location)}.lock`;
  }

  /** The worker in whose name leases are taken; null while this process is not the engine. */
  get workerId(): string | null {
    return this.#workerId;
  }

  /** False when someone else, or this storage already, holds it. */
  acquire(workerId: string): boolean {
    if (this.#workerId !== null) return false;
    if (this.#file !== null) {
      this.#holding = this.#tryHold(this.#file);
      if (this.#holding === null) return false;
    }
    this.#workerId = workerId;
    return true;
  }

  release(): void {
    this.#workerId = null;
    if (this.#holding === null) return;
    held.delete(this.#holding);
    this.#holding.close();
    this.#holding = null;
  }

  isHeld(): boolean {
    if (this.#workerId !== null) return true;
    if (this.#file === null || !existsSync(this.#file)) return false;
    return this.#isHeldElsewhere(this.#file);
  }

  #tryHold(file: string): Database.Database | null {
    let db: Database.Database | null = null;
    try {
      db = new Database(file, { timeout: LOOKERS_MS });
      db.exec('begin exclusive');
      held.add(db);
      return db;
    } catch (error) {
      db?.close();
      return isBusy(error) ? null : throwMapped(error, { ...this.#place, location: file });
    }
  }

  /** Looks with a shared lock, so that two who look at the same time don't take each other for the engine. */
  #isHeldElsewhere(file: string): boolean {
    let db: Database.Database | null = null;
    try {
      db = new Database(file, { readonly: true, fileMustExist: true, timeout: 0 });
      db.prepare('select count(*) from sqlite_schema').get();
      return false;
    } catch (error) {
      return isBusy(error) || throwMapped(error, { ...this.#place, location: file });
    } finally {
      db?.close();
    }
  }
}

/** Two names of one file must not be two places for an engine. The database is open by now, so it is there. */
function realPath(location: string): string {
  return existsSync(location) ? realpathSync.native(location) : location;
}

function isBusy(error: unknown): boolean {
  return sqliteCode(error)?.startsWith('SQLITE_BUSY') === true;
}
