import type { EventLog } from '../log/event-log.ts';
import type { StartFrom } from './define-subscriber.ts';

/** The position after which a subscriber begins. */
export async function startPosition(log: EventLog, from: StartFrom): Promise<number> {
  if (from === 'beginning') return 0;
  if (from === 'now') return log.lastPosition();
  if ('position' in from) return Math.max(0, from.position - 1);
  const { events, lastPosition } = await log.read({ after: 0, limit: 1, filter: { sinceMs: from.at } });
  return events[0] === undefined ? lastPosition : events[0].position - 1;
}
