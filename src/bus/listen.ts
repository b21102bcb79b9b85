import type { EventName } from '../events/catalog.ts';
import type { PublishedEvent } from '../events/envelope.ts';
import { type EventPattern, isEventPattern, type MatchedName } from '../events/pattern.ts';
import { TaskerError } from '../shared/errors.ts';
import type { Bus } from './bus.ts';
import { unknownEvent } from './discovery.ts';
import { EventStream } from './event-stream.ts';

export type Listener<Name extends EventName = EventName> = (event: PublishedEvent<Name>) => unknown;

/** By pattern: `{ 'task.completed': fn, 'handler.*': fn }`. */
export type Listeners = { readonly [Pattern in EventPattern]?: Listener<MatchedName<Pattern>> };

export interface OnOptions {
  /** Aborting it takes the listener off. */
  readonly signal?: AbortSignal;
}

export interface ListenOptions extends OnOptions {
  /** How many events may wait for their reader; beyond that the oldest are dropped and counted. Default 1000. */
  readonly buffer?: number;
}

/** @throws TaskerError `TASKER_REQUEST_INVALID` for a name that no event has. */
export function listenWith<Pattern extends EventPattern>(
  bus: Bus,
  pattern: Pattern,
  listener: Listener<MatchedName<Pattern>>,
  { signal }: OnOptions = {},
): () => void {
  requirePattern(pattern);
  if (signal?.aborted === true) return () => undefined;
  const onAbort = (): void => stop();
  const stop = bus.listen(pattern, {
    name: listener.name === '' ? 'anonymous' : listener.name,
    // The pattern lets through only the names that the listener was typed on.
    hear: (event) => listener(event as PublishedEvent<MatchedName<Pattern>>),
    left: () => signal?.removeEventListener('abort', onAbort),
  });
  signal?.addEventListener('abort', onAbort, { once: true });
  return stop;
}

/** @throws TaskerError `TASKER_REQUEST_INVALID` for a name that no event has, or a buffer that is no number of events. */
export function streamOf<Pattern extends EventPattern>(
  bus: Bus,
  pattern: Pattern,
  { signal, buffer = 1000 }: ListenOptions = {},
): EventStream<MatchedName<Pattern>> {
  requirePattern(pattern);
  if (!Number.isInteger(buffer) || buffer < 1) {
    throw new TaskerError('TASKER_REQUEST_INVALID', `buffer: expected a whole number of events from 1, got ${buffer}.`);
  }
  return new EventStream<MatchedName<Pattern>>(buffer, (stream) => {
    if (signal?.aborted === true) {
      stream.end();
      return () => undefined;
    }
    const onAbort = (): void => stop();
    const stop = bus.listen(pattern, {
      name: 'stream',
      hear: (event) => stream.push(event as PublishedEvent<MatchedName<Pattern>>),
      left: () => {
        signal?.removeEventListener('abort', onAbort);
        stream.end();
      },
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    return stop;
  });
}

/** @throws TaskerError `TASKER_REQUEST_INVALID`. */
export function listenToAll(bus: Bus, listeners: Listeners): void {
  // Each was typed on its own pattern, and `listenWith` checks that there is such a pattern.
  const given = Object.entries(listeners) as readonly (readonly [EventPattern, Listener])[];
  for (const [pattern, listener] of given) listenWith(bus, pattern, listener);
}

function requirePattern(pattern: string): void {
  if (isEventPattern(pattern)) return;
  throw unknownEvent(pattern);
}
