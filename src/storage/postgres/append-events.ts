import type { NewEvent } from '../../log/event-log.ts';
import type { Queries } from './connection.ts';

/**
 * Adds events to the log: the last thing a transaction does, for from here to its end it keeps all others from adding.
 * Returns the position of the first; null when there is none.
 */
export async function appendEvents(
  queries: Queries,
  schema: string,
  events: readonly NewEvent[],
): Promise<number | null> {
  if (events.length === 0) return null;
  const [row] = await queries.rows<{ readonly before: number }>(
    `select ${schema}.append_events_v1('{}', $1, $2, $3, $4, $5, $6, $7, $8, $9) as before`,
    [
      events.map(() => 0),
      events.map(({ id }) => id),
      events.map(({ name }) => name),
      events.map(({ schemaVersion }) => schemaVersion),
      events.map(({ occurredAt }) => occurredAt),
      events.map(({ taskId }) => taskId),
      events.map(({ step }) => step),
      events.map(({ attempt }) => attempt),
      events.map(({ body }) => body),
    ],
  );
  return row === undefined ? null : row.before + 1;
}
