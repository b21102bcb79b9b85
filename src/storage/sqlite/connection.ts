import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

import Database from 'better-sqlite3';

import { errorMessage, TaskerError } from '../../shared/errors.ts';
import { type Place, sqliteCode, throwMapped } from './storage-errors.ts';

export type Access = 'write' | 'read';

const BUSY_TIMEOUT_MS = 5_000;

/** Opens the file without changing it: whether it is ours is still to be seen. */
export function openConnection(place: Place, access: Access): Database.Database {
  const { location } = place;
  if (location !== ':memory:') checkPath(location, access);
  let db: Database.Database | null = null;
  try {
    const reading = access === 'read';
    db = new Database(location, { readonly: reading, fileMustExist: reading, timeout: BUSY_TIMEOUT_MS });
    db.pragma('foreign_keys = off');
    db.pragma('temp_store = memory');
    db.pragma('cache_size = -65536');
    // Memory-mapped, a failing disk would be a SIGBUS that kills the process instead of an error that names the file.
    db.pragma('mmap_size = 0');
    // The first real look at the file: what is wrong with it should show here.
    db.pragma('user_version');
    return db;
  } catch (error) {
    db?.close();
    const noRoom = /^SQLITE_(CANTOPEN|READONLY)/.test(sqliteCode(error) ?? '');
    if (access === 'read' && noRoom && !isWritable(dirname(location))) throw unreadable(location, error);
    return throwMapped(error, place);
  }
}

export function prepareForWriting(db: Database.Database, place: Place): void {
  try {
    db.pragma('journal_mode = wal');
    // A confirmed step survives a power failure; NORMAL would lose the last commits.
    db.pragma('synchronous = full');
    db.pragma(`journal_size_limit = ${WAL_KEPT_BYTES}`);
    if (place.maxBytes === null) return;
    const pageBytes = Number(db.pragma('page_size', { simple: true }));
    db.pragma(`max_page_count = ${Math.max(1, Math.floor(place.maxBytes / pageBytes))}`);
  } catch (error) {
    throwMapped(error, place);
  }
}

// The log grows while a long read holds it; what it grew beyond this is given back afterwards.
const WAL_KEPT_BYTES = 64 * 1024 * 1024;

/** SQLite's own words for these are "unable to open database file", whichever it is. */
function checkPath(file: string, access: Access): void {
  const found = existsSync(file) ? statSync(file) : null;
  if (found?.isDirectory() === true) throw unusable(file, 'is a directory; name a file in it');
  if (access === 'read') {
    if (found === null)
      throw unusable(file, 'does not exist; start the engine once to create it, or name the right file');
    return;
  }
  const directory = dirname(file);
  try {
    mkdirSync(directory, { recursive: true });
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    if (found !== null) accessSync(file, constants.R_OK | constants.W_OK);
  } catch (error) {
    throw pathError(file, error);
  }
}

function pathError(file: string, error: unknown): TaskerError {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    return unusable(file, 'lies below something that is not a directory; name another place', error);
  }
  if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') return unusable(file, errorMessage(error), error);
  const why = code === 'EROFS' ? 'its file system is mounted read-only' : 'this user may not write it';
  return new TaskerError(
    'TASKER_STORAGE_READ_ONLY',
    `The storage '${file}' cannot be written: ${why}. Both the file and its directory must be writable, or open it for reading only.`,
    { cause: error, details: { location: file } },
  );
}

function unusable(file: string, why: string, cause?: unknown): TaskerError {
  return new TaskerError('TASKER_STORAGE_UNAVAILABLE', `The storage '${file}' cannot be opened: it ${why}.`, {
    cause,
    details: { location: file },
  });
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Even to read it, SQLite needs a shared-memory file beside a database in WAL mode. */
function unreadable(file: string, cause: unknown): TaskerError {
  return new TaskerError(
    'TASKER_STORAGE_READ_ONLY',
    `The storage '${file}' cannot be read where it is: its directory may not be written, and reading needs a small file beside it. ` +
      'Copy the storage to a writable directory and name the copy.',
    { cause, details: { location: file } },
  );
}
