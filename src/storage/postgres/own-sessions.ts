import { TaskerError } from '../../shared/errors.ts';
import type { Connections } from './connection.ts';
import { isPoolersRefusal, type Place } from './storage-errors.ts';

interface Asked {
  readonly asked: boolean;
}

/**
 * Whether connections are what the configuration says: without `pooler` each has settings and prepared statements of
 * its own. A pooler refuses such settings, or takes them and keeps quiet; then statements begin to fail later, when two
 * connections have met on one. The settings are told by where they come from: `client` when they were asked for at the
 * start, `session` within a transaction that has changed them.
 *
 * @throws TaskerError `TASKER_CONFIG_INVALID`
 */
export async function requireOwnSessions({ side, place, pooler }: Connections): Promise<void> {
  if (pooler) return;
  try {
    const { rows } = await side.query(
      `select source in ('client', 'session') as asked from pg_settings where name = 'statement_timeout'`,
    );
    const [row] = rows as readonly Asked[];
    if (row?.asked !== false) return;
  } catch (cause) {
    if (isPoolersRefusal(cause)) throw behindPooler(place, cause);
    throw cause;
  }
  throw behindPooler(place);
}

function behindPooler(place: Place, cause?: unknown): TaskerError {
  return new TaskerError(
    'TASKER_CONFIG_INVALID',
    `The storage '${place.location}' is behind a pooler that does not take the settings of a connection. ` +
      `Set 'pooler: true' in 'storage' and 'listenUrl' to the address of the database itself, or let the URL name that (as 'migrate-storage' needs it).`,
    { details: { location: place.location }, ...(cause !== undefined && { cause }) },
  );
}
