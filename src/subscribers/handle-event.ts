import type { LoggedEvent } from '../events/envelope.ts';
import type { EventLog } from '../log/event-log.ts';
import type { Clock, Timer } from '../shared/clock.ts';
import type { EachDraft } from '../log/append.ts';
import type { BuiltInContext, RecordFacts } from './built-in-abilities.ts';
import { freezeState } from './json-state.ts';
import type { Peril } from './peril.ts';
import { eventsOfTask } from './task-events.ts';
import type { EventHandler, ResolvedSubscriber } from './resolve-subscriber.ts';

/** What is the same for all events that are handled in one go. */
export interface Handling {
  readonly subscriber: ResolvedSubscriber;
  readonly clock: Clock;
  readonly log: Pick<EventLog, 'read'>;
  readonly replaying: boolean;
  /** Whether effects outside the process are done. */
  readonly deliver: boolean;
  /** Aborted when no more events are to be handled. */
  readonly stop: AbortSignal;
  readonly peril: Peril | null;
  /** Each time that a handler has failed, also one that is tried again. */
  readonly failed: () => void;
}

export type Handled =
  | {
      readonly kind: 'done';
      readonly state: unknown;
      readonly collected: readonly unknown[];
      readonly recorded: readonly EachDraft[];
    }
  | { readonly kind: 'failed'; readonly attempts: number; readonly error: unknown }
  /** Nothing is decided: the event comes again. */
  | { readonly kind: 'stopped' };

type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly error: unknown };

const nothing: readonly never[] = [];
const succeeded: Outcome = { kind: 'done' };
const stopped: Outcome = { kind: 'stopped' };

/** Calls the handler until it succeeds or may not be tried again. At once, without a promise, if the handler has none. */
export function handleEvent(
  handling: Handling,
  handler: EventHandler,
  event: LoggedEvent,
  state: unknown,
): Handled | Promise<Handled> {
  const context = new EventContext(handling, event, state, 1, null);
  const outcome = attempt(handling, handler, event, context);
  if (outcome instanceof Promise) return settle(handling, handler, event, state, context, outcome);
  if (outcome.kind === 'done') return context.done();
  return settle(handling, handler, event, state, context, outcome);
}

async function settle(
  handling: Handling,
  handler: EventHandler,
  event: LoggedEvent,
  state: unknown,
  first: EventContext,
  began: Outcome | Promise<Outcome>,
): Promise<Handled> {
  const { retries } = handling.subscriber;
  let context = first;
  let outcome = await began;
  for (let number = 1; ; number += 1) {
    if (outcome.kind === 'done') return context.done();
    context.close();
    if (outcome.kind === 'stopped' || handling.stop.aborted) return { kind: 'stopped' };
    handling.failed();
    if (number > retries.limit) return { kind: 'failed', attempts: number, error: outcome.error };
    if (!(await waited(handling, Math.min(retries.maxMs, retries.baseMs * 2 ** (number - 1)))))
      return { kind: 'stopped' };
    context = new EventContext(handling, event, state, number + 1, context.effects);
    outcome = await attempt(handling, handler, event, context);
  }
}

function attempt(
  handling: Handling,
  handler: EventHandler,
  event: LoggedEvent,
  context: EventContext,
): Outcome | Promise<Outcome> {
  try {
    const returned = handler(event, context);
    return isThenable(returned) ? withinTime(handling, returned) : succeeded;
  } catch (error) {
    return { kind: 'failed', error };
  }
}

/** A handler that does not settle in time is left behind: what it still does to its context counts no more. */
function withinTime({ clock, subscriber, stop }: Handling, returned: PromiseLike<unknown>): Promise<Outcome> {
  return new Promise((resolve) => {
    const end = (outcome: Outcome): void => {
      timer.cancel();
      stop.removeEventListener('abort', onStop);
      resolve(outcome);
    };
    const onStop = (): void => end(stopped);
    const timer = clock.setTimer(subscriber.timeoutMs, () =>
      end({ kind: 'failed', error: new DOMException(`not done within ${subscriber.timeoutMs} ms`, 'TimeoutError') }),
    );
    stop.addEventListener('abort', onStop);
    // A promise of the language's own: another's `then` may throw, or call back twice.
    Promise.resolve(returned).then(
      () => end(succeeded),
      (error: unknown) => end({ kind: 'failed', error }),
    );
  });
}

/** False when there is no point in going on. */
export function waited({ clock, stop }: Pick<Handling, 'clock' | 'stop'>, delayMs: number): Promise<boolean> {
  if (stop.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = (goOn: boolean): void => {
      timer.cancel();
      stop.removeEventListener('abort', onStop);
      resolve(goOn);
    };
    const onStop = (): void => end(false);
    const timer = clock.setTimer(delayMs, () => end(true));
    stop.addEventListener('abort', onStop);
  });
}

/** What it resolves to; `otherwise` when it has not settled so long after it was asked to stop. */
export function soonAfterStop<T>(
  { clock, stop }: Pick<Handling, 'clock' | 'stop'>,
  graceMs: number,
  settling: Promise<T>,
  otherwise: T,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: Timer | null = null;
    const onStop = (): void => {
      timer = clock.setTimer(graceMs, () => resolve(otherwise));
    };
    const end = (): void => {
      timer?.cancel();
      stop.removeEventListener('abort', onStop);
    };
    if (stop.aborted) onStop();
    else stop.addEventListener('abort', onStop);
    settling.then(resolve, reject).finally(end);
  });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** open (the handler's) → closed: what was set by then is taken, and nothing can be set any more. */
class EventContext implements BuiltInContext {
  readonly attempt: number;
  /** Results of effects that have succeeded, kept from attempt to attempt. */
  #effects: Map<string, unknown> | null;
  readonly #handling: Handling;
  readonly #event: LoggedEvent;
  #state: unknown;
  #open = true;
  #collected: unknown[] | null = null;
  #recorded: EachDraft[] | null = null;
  #abort: AbortController | null = null;

  constructor(
    handling: Handling,
    event: LoggedEvent,
    state: unknown,
    number: number,
    effects: Map<string, unknown> | null,
  ) {
    this.#handling = handling;
    this.#event = event;
    this.#state = state;
    this.attempt = number;
    this.#effects = effects;
  }

  /** Made only for who asks: most handlers have none. One that ends late is still the next attempt's. */
  get effects(): Map<string, unknown> {
    this.#effects ??= new Map();
    return this.#effects;
  }

  get state(): never {
    return this.#state as never;
  }

  set state(next: unknown) {
    if (!this.#open) throw new Error('the time of this handler is up: its state can no longer be set');
    if (this.#handling.subscriber.initial === null)
      throw new TypeError(`subscriber '${this.#handling.subscriber.name}' declares no state`);
    this.#state = freezeState(next);
  }

  get replaying(): boolean {
    return this.#handling.replaying;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (!this.#open) this.#abort.abort();
    return this.#abort.signal;
  }

  async effect<T>(key: string, act: (idempotencyKey: string) => T | Promise<T>): Promise<T | undefined> {
    if (!this.#handling.deliver) return undefined;
    if (this.effects.has(key)) return this.effects.get(key) as T;
    const result = await act(`${this.#handling.subscriber.name}:${this.#event.id}:${key}`);
    this.effects.set(key, result);
    return result;
  }

  taskEvents(): Promise<readonly LoggedEvent[]> {
    return eventsOfTask(this.#handling.log, this.#event);
  }

  collect(items: readonly unknown[]): void {
    if (!this.#open) throw new Error('the time of this handler is up: nothing more is collected of it');
    const { name, deliverBatch } = this.#handling.subscriber;
    if (deliverBatch === null) throw new TypeError(`subscriber '${name}' declares no deliverBatch`);
    (this.#collected ??= []).push(...items);
  }

  /** Made only for who asks: most handlers record nothing, and are called for every event there is. */
  get record(): RecordFacts {
    return (facts) => {
      if (!this.#open) throw new Error('the time of this handler is up: nothing more is recorded of it');
      if (!this.#handling.replaying) (this.#recorded ??= []).push(...facts);
    };
  }

  /** What an attempt has collected or recorded counts only if it succeeds. */
  done(): Extract<Handled, { readonly kind: 'done' }> {
    this.close();
    return {
      kind: 'done',
      state: this.#state,
      collected: this.#collected ?? nothing,
      recorded: this.#recorded ?? nothing,
    };
  }

  close(): void {
    this.#open = false;
    this.#abort?.abort();
  }
}
