import { setTimeout as delay } from 'node:timers/promises';

import type { LoggedEvent, TaskHandle, Tasker, TaskView } from '../tasker.ts';

export interface Following {
  /** Ends the following, not the task. */
  readonly signal: AbortSignal;
  readonly pollEveryMs: number;
  /** What was recorded since the last call; never empty. */
  readonly onEvents: (events: readonly LoggedEvent[]) => void;
}

const PAGE = 1000;

/** Resolves with the task when it has ended, after all its events have been handed over. */
export async function followTask(tasker: Tasker, handle: TaskHandle, following: Following): Promise<TaskView> {
  let position = 0;
  const readOn = async (): Promise<void> => {
    for (;;) {
      const page = await tasker.events({ taskId: handle.id, after: position, limit: PAGE });
      if (page.events.length > 0) following.onEvents(page.events);
      position = page.lastPosition;
      if (page.events.length < PAGE) return;
    }
  };

  const ended = new AbortController();
  const waiting = handle.wait({ signal: following.signal }).finally(() => ended.abort());
  // It is awaited below; a rejection that comes while events are read must not count as unhandled.
  waiting.catch(() => undefined);
  while (!ended.signal.aborted) {
    await delay(following.pollEveryMs, undefined, { signal: ended.signal }).catch(() => undefined);
    await readOn();
  }
  const task = await waiting;
  await readOn();
  return task;
}
