import { readFileSync } from 'node:fs';

import type { Database } from 'better-sqlite3';

import { TaskerError } from '../../shared/errors.ts';
import type { Access } from './connection.ts';
import { type Place, throwMapped } from './storage-errors.ts';

/** In order; a file's place in the list plus one is the schema version it makes. Never change one that was released. */
const migrations = [
  '0001-base.sql',
  '0002-subscribers.sql',
  '0003-scheduling-and-keys.sql',
  '0004-retention.sql',
  '0005-annotations.sql',
  '0006-replay-progress.sql',
  '0007-parked-events-of-no-task.sql',
  '0008-awaited-commands.sql',
  '0009-moved.sql',
] as const;

export const schemaVersion = migrations.length;

// "Task" in ASCII: tells our files from other programs' SQLite files.
const APPLICATION_ID = 0x5461736b;

/** Refuses a database that this version must not touch; changes nothing. */
export function checkSchema(db: Database, place: Place, access: Access): void {
  try {
    const version = checkedVersion(db, place);
    if (access === 'read' && version < schemaVersion) throw outdated(place, version);
  } catch (error) {
    throwMapped(error, place);
  }
}

/** Brings the database to this version's schema, or throws without having changed it. */
export function migrate(db: Database, place: Place): void {
  try {
    if (checkedVersion(db, place) === schemaVersion) return;
    db.transaction(() => {
      // Read again: another process may have been first.
      for (const file of migrations.slice(checkedVersion(db, place))) {
        db.exec(readFileSync(new URL(`./migrations/${file}`, import.meta.url), 'utf8'));
      }
      db.pragma(`application_id = ${APPLICATION_ID}`);
      db.pragma(`user_version = ${schemaVersion}`);
    }).immediate();
  } catch (error) {
    throwMapped(error, place);
  }
}

function checkedVersion(db: Database, place: Place): number {
  const version = Number(db.pragma('user_version', { simple: true }));
  const owner = Number(db.pragma('application_id', { simple: true }));
  const tables = db
    .prepare<[], string>("select name from sqlite_schema where type = 'table' order by name")
    .pluck()
    .all();
  const isNew = version === 0 && owner === 0 && tables.length === 0;
  if (owner !== APPLICATION_ID && !isNew) throw foreign(place, tables);
  if (version > schemaVersion) throw newer(place, version);
  return version;
}

function newer(place: Place, version: number): TaskerError {
  return new TaskerError(
    'TASKER_STORAGE_SCHEMA_NEWER',
    `The storage '${place.location}' was written by a newer Tasker: it has schema ${version}, this version knows up to ${schemaVersion}. ` +
      'Nothing was changed. Upgrade Tasker, or restore a backup made before the upgrade.',
    { details: { location: place.location, found: version, supported: schemaVersion } },
  );
}

function foreign(place: Place, tables: readonly string[]): TaskerError {
  const has =
    tables.length === 0
      ? 'no tables'
      : `tables ${tables
          .slice(0, 5)
          .map((name) => `'${name}'`)
          .join(', ')}`;
  return new TaskerError(
    'TASKER_STORAGE_CORRUPT',
    `'${place.location}' is a SQLite database, but not one of Tasker's: it has ${has}. Nothing was changed. Name another file.`,
    { details: { location: place.location, tables } },
  );
}

function outdated(place: Place, version: number): TaskerError {
  return new TaskerError(
    'TASKER_STORAGE_READ_ONLY',
    `The storage '${place.location}' has schema ${version} and must be brought to ${schemaVersion}, which reading only does not allow. ` +
      'Open it once for writing: start the engine.',
    { details: { location: place.location, found: version, supported: schemaVersion } },
  );
}
