import type { LoggedEvent } from '../events/envelope.ts';
import type { EventLog } from '../log/event-log.ts';

const pageSize = 1000;
/** What a subscriber reads is held in memory: a task that goes on for ever must not fill it. */
const mostEvents = 5000;

/** Up to this event and not beyond, so that a redelivery and a replay find the same. */
export async function eventsOfTask(
  log: Pick<EventLog, 'read'>,
  { taskId, position }: LoggedEvent,
): Promise<readonly LoggedEvent[]> {
  const found: LoggedEvent[] = [];
  if (taskId === null) return found;
  for (let after = 0; found.length < mostEvents;) {
    const page = await log.read({ after, limit: pageSize, filter: { taskId } });
    found.push(...page.events.filter((event) => event.position <= position));
    if (page.events.length < pageSize || page.lastPosition >= position) break;
    after = page.lastPosition;
  }
  return found;
}
