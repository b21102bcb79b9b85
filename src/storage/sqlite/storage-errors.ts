import { errorMessage, isTaskerError, TaskerError, type TaskerErrorCode } from '../../shared/errors.ts';

/** What an error message must name so that its reader can act. */
export interface Place {
  /** Absolute path, or ':memory:'. */
  readonly location: string;
  readonly maxBytes: number | null;
}

// Extended codes begin with their primary code: SQLITE_IOERR_FSYNC, SQLITE_READONLY_DBMOVED.
const codeByPrefix: readonly (readonly [prefix: string, code: TaskerErrorCode])[] = [
  ['SQLITE_FULL', 'TASKER_STORAGE_FULL'],
  ['SQLITE_READONLY', 'TASKER_STORAGE_READ_ONLY'],
  ['SQLITE_PERM', 'TASKER_STORAGE_READ_ONLY'],
  ['SQLITE_CORRUPT', 'TASKER_STORAGE_CORRUPT'],
  ['SQLITE_NOTADB', 'TASKER_STORAGE_CORRUPT'],
  ['SQLITE_IOERR_CORRUPTFS', 'TASKER_STORAGE_CORRUPT'],
  ['SQLITE_IOERR', 'TASKER_STORAGE_UNAVAILABLE'],
  ['SQLITE_CANTOPEN', 'TASKER_STORAGE_UNAVAILABLE'],
  ['SQLITE_BUSY', 'TASKER_STORAGE_UNAVAILABLE'],
  ['SQLITE_LOCKED', 'TASKER_STORAGE_UNAVAILABLE'],
  ['SQLITE_PROTOCOL', 'TASKER_STORAGE_UNAVAILABLE'],
  ['SQLITE_NOLFS', 'TASKER_STORAGE_UNAVAILABLE'],
  ['SQLITE_NOMEM', 'TASKER_STORAGE_UNAVAILABLE'],
];

export function sqliteCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' && error.code.startsWith('SQLITE_') ? error.code : null;
}

/** The error as callers see it; null when it says nothing about the storage but something about what was asked. */
export function toStorageError(error: unknown, place: Place): TaskerError | null {
  if (isTaskerError(error)) return error.code.startsWith('TASKER_STORAGE_') ? error : null;
  const code = sqliteCode(error);
  if (code === null) return isClosed(error) ? closedError(place, error) : null;
  const found = codeByPrefix.find(([prefix]) => code.startsWith(prefix));
  return found === undefined ? null : storageError(found[1], code, error, place);
}

/** For `catch`: never returns. */
export function throwMapped(error: unknown, place: Place): never {
  if (isTaskerError(error)) throw error;
  throw toStorageError(error, place) ?? internalError(error, place);
}

/** Nothing is wrong with the storage: what was to be written breaks one of its rules. */
export function internalError(error: unknown, place: Place): TaskerError {
  if (isTaskerError(error)) return error;
  return new TaskerError(
    'TASKER_INTERNAL',
    `The storage '${place.location}' refused what was written: ${errorMessage(error)}.`,
    {
      cause: error,
      details: { location: place.location, sqliteCode: sqliteCode(error) },
    },
  );
}

function storageError(code: TaskerErrorCode, sqlite: string, cause: unknown, place: Place): TaskerError {
  const { location, maxBytes } = place;
  return new TaskerError(code, `${advice(code, sqlite, place)} (${sqlite}: ${errorMessage(cause)})`, {
    cause,
    details: { location, sqliteCode: sqlite, ...(maxBytes === null ? {} : { maxBytes }) },
  });
}

function advice(code: TaskerErrorCode, sqlite: string, { location, maxBytes }: Place): string {
  switch (code) {
    case 'TASKER_STORAGE_FULL':
      return maxBytes === null
        ? `No space is left for the storage '${location}'; nothing was written. Free space on its disk; work goes on by itself.`
        : `The storage '${location}' has reached its limit of ${maxBytes} bytes, or its disk is full; nothing was written. Raise the limit or free space.`;
    case 'TASKER_STORAGE_READ_ONLY':
      return `The storage '${location}' can be read but not written; nothing was written. Make the file and its directory writable for this user, or open it for reading only.`;
    case 'TASKER_STORAGE_CORRUPT':
      return sqlite.startsWith('SQLITE_NOTADB')
        ? `'${location}' is not a SQLite database. Name another file, or move this one away to begin a new storage.`
        : `The storage '${location}' is damaged. Stop the engine, keep a copy, and restore a backup or run 'sqlite3 <file> .recover'.`;
    default:
      return sqlite.startsWith('SQLITE_BUSY')
        ? `The storage '${location}' was locked by another process for longer than five seconds. Find what holds it open.`
        : `The storage '${location}' cannot be used. Check that the path is right and that its disk works.`;
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof TypeError && error.message.includes('database connection is not open');
}

function closedError(place: Place, cause: unknown): TaskerError {
  const message = `The storage '${place.location}' has been closed. Open it again to use it.`;
  return new TaskerError('TASKER_STORAGE_UNAVAILABLE', message, { cause, details: { location: place.location } });
}
