import type { NewEvent } from '../../log/event-log.ts';
import { float8Array, integerArray, textArray } from './binary-arrays.ts';

/** An event as part of the change or part that stands at `at`, from 1, in its group. */
export interface PlacedEvent {
  readonly at: number;
  readonly event: NewEvent;
}

/** The nine arrays that every function of the database which appends to the log takes for its events. */
export function eventColumns(events: readonly PlacedEvent[]): readonly Buffer[] {
  return [
    integerArray(events, ({ at }) => at),
    textArray(events, ({ event }) => event.id),
    textArray(events, ({ event }) => event.name),
    integerArray(events, ({ event }) => event.schemaVersion),
    float8Array(events, ({ event }) => event.occurredAt),
    textArray(events, ({ event }) => event.taskId),
    textArray(events, ({ event }) => event.step),
    integerArray(events, ({ event }) => event.attempt),
    textArray(events, ({ event }) => event.body),
  ];
}

/** Of events that stand in no group. */
export function loneEvents(events: readonly NewEvent[]): readonly PlacedEvent[] {
  return events.map((event) => ({ at: 1, event }));
}

/** `$from, $from+1, …`: the parameters of a call. */
export function parameters(count: number, from = 1): string {
  return Array.from({ length: count }, (_, index) => `$${from + index}`).join(', ');
}
