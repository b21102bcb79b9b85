import type { RemovedParked } from '../log/retention-store.ts';
import type { TaskStatus } from '../tasks/states.ts';

/** In the order in which a sweep goes through them. A task in error is not finished: it waits for an operator. */
export const finished = ['complete', 'cancelled', 'resolved_manually'] as const satisfies readonly TaskStatus[];
/** Of the oldest rows that belong to no task: how many of each kind a sweep looks at. */
export const tasklessLimit = 1000;
/** A cursor: there may be more of them that are to go. */
export const moreOfNoTask = 'more-of-no-task';

export interface Candidate {
  readonly id: string;
  readonly endedAt: number;
  readonly last: number;
}

/** What one subscriber had parked of a task, or of an event that belongs to none. */
export interface ParkedRow {
  readonly subscriber: string;
  readonly events: number;
  readonly upTo: number;
}

/** `1:<id>`: in the second of the finished states, after this task. */
export function cursorOf(cursor: string | null): { readonly place: number; readonly after: string } {
  const [place = '0', after = ''] = (cursor ?? '').split(':');
  return { place: Number(place), after };
}

export function nextCursor(place: number, candidates: readonly Candidate[], limit: number): string | null {
  const last = candidates.at(-1);
  if (last !== undefined && candidates.length === limit) return `${place}:${last.id}`;
  return place + 1 < finished.length ? `${place + 1}:` : null;
}

/** Sums up by subscriber. */
export class ParkedGone {
  readonly #bySubscriber = new Map<string, RemovedParked>();

  /** `tasks`: how many tasks each of these rows stands for. */
  add(rows: readonly ParkedRow[], tasks: number): void {
    for (const { subscriber, events, upTo } of rows) {
      const sum = this.#bySubscriber.get(subscriber) ?? { subscriber, events: 0, tasks: 0, upTo: 0 };
      this.#bySubscriber.set(subscriber, {
        subscriber,
        events: sum.events + events,
        tasks: sum.tasks + tasks,
        upTo: Math.max(sum.upTo, upTo),
      });
    }
  }

  all(): readonly RemovedParked[] {
    return [...this.#bySubscriber.values()].toSorted((a, b) => (a.subscriber < b.subscriber ? -1 : 1));
  }
}
