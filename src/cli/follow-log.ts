import { setTimeout as delay } from 'node:timers/promises';

import type { EventQuery, LoggedEvent, Tasker } from '../tasker.ts';

export interface LogFollowing {
  readonly query: Omit<EventQuery, 'after' | 'limit'>;
  readonly after: number;
  /** Ends the following. */
  readonly signal: AbortSignal;
  readonly pollEveryMs: number;
  /** What has been recorded since, in order; never empty. False: that was enough. */
  readonly onEvents: (events: readonly LoggedEvent[]) => boolean;
}

const PAGE = 1000;

/**
 * Hands over what is recorded after a position, by whichever process, until it is told to end. Polls: the log is
 * what is true, and the engine of another process can wake nobody here. Resolves with the position to go on after.
 */
export async function followLog(tasker: Tasker, following: LogFollowing): Promise<number> {
  let { after } = following;
  while (!following.signal.aborted) {
    const page = await tasker.events({ ...following.query, after, limit: PAGE });
    if (page.events.length > 0 && !following.onEvents(page.events)) return after;
    after = page.lastPosition;
    if (page.events.length === PAGE) continue;
    await delay(following.pollEveryMs, undefined, { signal: following.signal }).catch(() => undefined);
  }
  return after;
}
