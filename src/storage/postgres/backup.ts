import { resolve } from 'node:path';

import { TaskerError } from '../../shared/errors.ts';
import type { Place } from './storage-errors.ts';

/** A database is backed up by its own tools, which copy one moment of it; this says how. */
export function refuseBackup(place: Place, file: string): TaskerError {
  const command = dumpCommand(place, resolve(file));
  return new TaskerError(
    'TASKER_BACKUP_FAILED',
    `The storage '${place.location}' is backed up by PostgreSQL's own tools. Run: ${command}`,
    { details: { location: place.location, command } },
  );
}

/** Without a password: pg_dump asks for it, or takes it from PGPASSWORD or ~/.pgpass. */
function dumpCommand({ user, host, port, database, schema }: Place, file: string): string {
  const options = [
    '--format=custom',
    `--schema=${schema}`,
    `--schema=${schema}_queue`,
    `--host=${quoted(host)}`,
    `--port=${port}`,
    `--username=${quoted(user)}`,
    `--file=${quoted(file)}`,
  ];
  return `pg_dump ${options.join(' ')} ${quoted(database)}`;
}

function quoted(text: string): string {
  return /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
