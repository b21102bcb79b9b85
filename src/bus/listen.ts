import type { HeardName, PublishedEvent } from '../events/envelope.ts';
import type { EventDirectory } from '../events/event-directory.ts';
import type { EventPattern, MatchedName } from '../events/pattern.ts';
import { TaskerError } from '../shared/errors.ts';
import type { Bus } from './bus.ts';
import { unknownEvent } from './discovery.ts';
import { EventStream } from './event-stream.ts';

export type Listener<Name extends HeardName = HeardName> = (event: PublishedEvent<Name>) => unknown;

/** By pattern: `{ 'task.completed': fn, 'handler.*': fn }`. */
export type Listeners = { readonly [Pattern in EventPattern]?: Listener<MatchedName<Pattern>> };

/** Where events are heard, and which there are. */
export interface Listenable {
  readonly bus: Bus;
  readonly directory: EventDirectory;
}

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
  { bus, directory }: Listenable,
  pattern: Pattern,
  listener: Listener<MatchedName<Pattern>>,
  { signal }: OnOptions = {},
): () => void {
  const resolved = requirePattern(directory, pattern);
  if (signal?.aborted === true) return () => undefined;
  const onAbort = (): void => stop();
  const stop = bus.listen(resolved, {
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
  { bus, directory }: Listenable,
  pattern: Pattern,
  { signal, buffer = 1000 }: ListenOptions = {},
): EventStream<MatchedName<Pattern>> {
  const resolved = requirePattern(directory, pattern);
  if (!Number.isInteger(buffer) || buffer < 1) {
    throw new TaskerError('TASKER_REQUEST_INVALID', `buffer: expected a whole number of events from 1, got ${buffer}.`);
  }
  return new EventStream<MatchedName<Pattern>>(buffer, (stream) => {
    if (signal?.aborted === true) {
      stream.end();
      return () => undefined;
    }
    const onAbort = (): void => stop();
    const stop = bus.listen(resolved, {
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

/**
 * @throws TaskerError `TASKER_REQUEST_INVALID` for a name that no event has; for one of a custom event only
 * `requireListeners` knows, once the templates are loaded.
 */
export function listenToAll(where: Listenable, listeners: Listeners): void {
  // Each was typed on its own pattern, and `listenWith` checks that there is such a pattern.
  const given = Object.entries(listeners) as readonly (readonly [EventPattern, Listener])[];
  for (const [pattern, listener] of given) listenWith(where, pattern, listener);
}

/** @throws TaskerError `TASKER_REQUEST_INVALID`. */
export function requireListeners(directory: EventDirectory, listeners: Listeners): void {
  for (const pattern of Object.keys(listeners)) requirePattern(directory, pattern);
}

function requirePattern(directory: EventDirectory, pattern: string): string {
  const resolved = directory.resolve(pattern);
  if (resolved !== null) return resolved;
  throw unknownEvent(directory, pattern);
}
