import type { LoggedEvent } from '../events/envelope.ts';
import type { DeepReadonly, JsonObject } from '../shared/json.ts';
import type { RecordedPattern, EventsOf } from './event-patterns.ts';

/** What a handler has beside its event. */
export interface SubscriberContext<State = unknown> {
  /**
   * JSON, frozen. Set it to change it; it is saved in one transaction with the checkpoint, and what a failing handler
   * has set is forgotten.
   */
  state: DeepReadonly<State>;
  /** True while old events are gone through again. */
  readonly replaying: boolean;
  /** Aborted when the handler's time is up or the engine stops. */
  readonly signal: AbortSignal;
  /** From 1. */
  readonly attempt: number;
  /**
   * Something outside the process. Muted on a replay (undefined is returned) unless delivery is asked for. Done at
   * least once: after a crash the same event comes again, with the same idempotency key. One that has succeeded is
   * not repeated when the handler is merely tried again.
   */
  effect<T>(key: string, act: (idempotencyKey: string) => T | Promise<T>): Promise<T | undefined>;
  /** The recorded events of this event's task from the first to this one; at most the first 5000. */
  taskEvents(): Promise<readonly LoggedEvent[]>;
  /** Puts something by for `deliverBatch`. What a failing handler has collected is forgotten. */
  collect(items: readonly unknown[]): void;
}

/**
 * Hands over what the handlers of one batch have collected, outside the process and at least once; the checkpoint
 * follows when it resolves. False: it was stopped first, and the same events come again. Muted on a replay unless
 * delivery is asked for. One that has not settled a second after `stop` was aborted counts as stopped. If it rejects,
 * the subscriber is in trouble and tries the batch again after a second.
 */
export type DeliverBatch = (collected: readonly unknown[], stop: AbortSignal) => Promise<boolean>;

/** Where a subscriber that was never seen before begins. */
export type StartFrom = 'now' | 'beginning' | { readonly position: number } | { readonly at: number };

export interface RetryInput {
  /** How often a failing handler is tried again before its event is parked. Default 3. */
  readonly limit?: number;
  /** Milliseconds before the first; doubled each time. Default 200. */
  readonly baseMs?: number;
  /** Longest wait. Default 5000. */
  readonly maxMs?: number;
}

export interface SubscriberOptions<State = unknown> {
  readonly state?: { readonly initial: () => State };
  /** Default `now`. */
  readonly startFrom?: StartFrom;
  readonly retries?: RetryInput;
  /** What becomes of a task's later events when one is parked. Default `continue`. */
  readonly onPark?: 'continue' | 'hold-task';
  /** How long a handler may take for one event before that counts as a failure. Default 30,000. */
  readonly timeoutMs?: number;
  /** Most events between two saves. Default 500. */
  readonly batchSize?: number;
  /**
   * How long its state may be kept in memory before it is saved with its checkpoint, milliseconds. A crash then costs
   * that much handling anew, never a count: both are saved together. Default 0: after every batch.
   */
  readonly saveEveryMs?: number;
  /** Lag beyond which `subscriber.lagged` is recorded. Default 100,000. */
  readonly lagLimit?: number;
}

/** By event name or pattern; the most exact pattern that fits an event handles it, the others do not see it. */
export type SubscriberHandlers<State> = {
  readonly [Pattern in RecordedPattern]?: (event: EventsOf<Pattern>, context: SubscriberContext<State>) => unknown;
};

export interface SubscriberInput<State> extends SubscriberOptions<State> {
  /** What its checkpoint is kept under: 1 to 64 of `A-Z a-z 0-9 . _ -`. */
  readonly name: string;
  readonly on: SubscriberHandlers<State>;
  /** For what is dear to hand over one by one. */
  readonly deliverBatch?: DeliverBatch;
}

declare const brand: unique symbol;

/** What `defineSubscriber` gives: to be named in the configuration. */
export interface SubscriberDefinition {
  readonly [brand]: true;
}

/**
 * Tasker's own way: `static subscribe_to = ['task.completed']` and a method `handle_task_completed` for each; or a
 * method `handle` for all that have none of their own. Further statics: `subscriber_name`, `options`.
 */
export interface SubscriberClass {
  /** `config`: what a subscription file gives it; empty without one. */
  new (config: JsonObject): object;
  readonly subscriber_name?: string;
  readonly subscribe_to?: readonly string[];
  /** The same as `subscribe_to`. */
  readonly events?: readonly string[];
  readonly options?: SubscriberOptions;
}

/** Types a subscriber; it is checked when a tasker is created with it. */
export function defineSubscriber<State = undefined>(input: SubscriberInput<State>): SubscriberDefinition {
  return Object.freeze({ ...input }) as unknown as SubscriberDefinition;
}
