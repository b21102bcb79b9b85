import type { DeepReadonly, JsonObject, JsonValue } from '../shared/json.ts';

/** What a handler is given. Everything it returns or throws is dealt with by the engine. */
export interface StepContext<Context = JsonObject, Results = Record<string, JsonValue>> {
  readonly taskId: string;
  readonly namespace: string;
  readonly taskName: string;
  readonly version: string;
  readonly step: string;
  /** 1 for the first try; counts every try of this step, also those lost with a worker. */
  readonly attempt: number;
  readonly correlationId: string;
  /**
   * W3C Trace Context of this attempt, to be handed to what has no instrumentation of its own. Without tracing, the
   * one that the task was requested with; null where there was none.
   */
  readonly traceparent: string | null;
  /** The task's context. Frozen: all handlers of the task share it. */
  readonly context: DeepReadonly<Context>;
  /** Results of the finished steps that this one depends on, directly or not, by step name. Frozen. */
  readonly results: DeepReadonly<Results>;
  /** The step's `handler_config` as written in the template. */
  readonly handlerConfig: DeepReadonly<JsonObject>;
  /**
   * The same for every attempt of this step of this task. Handlers run at least once; pass it to whatever
   * charges, ships or sends, so that a second attempt finds the first one's work. It changes only when an operator
   * retries the step with a new one, so that the work is done again.
   */
  readonly idempotencyKey: string;
  /** Aborted when the attempt times out, the task is cancelled, or the engine stops. */
  readonly signal: AbortSignal;
  /** A sign of life: pushes the stall limit of this attempt out. Cheap; call it as often as there is progress. */
  readonly heartbeat: () => void;
  /**
   * Publishes an event of the template's own (`custom_events`), by its declared name. It is recorded with the outcome
   * of this attempt, in the same transaction; if the attempt does not complete, it is marked so. Only what the
   * declaration's schema names may be in the payload.
   *
   * @throws TaskerError `TASKER_EVENT_REFUSED`: not declared for this step, does not fit its schema, more than 100
   * events or 64 KiB in one attempt, or the attempt has ended.
   */
  readonly publish: (name: string, payload?: object) => void;
  /**
   * Adds a note to the task, for people: any JSON value up to 4 KiB under a key of 1 to 128 characters. It is written
   * with the outcome of this attempt, in the same transaction, and stays in the task store; no event tells of it.
   * Notes under one key stand beside each other, in order; a task has at most 100.
   *
   * @throws TaskerError `TASKER_ANNOTATION_INVALID`; or `TASKER_ANNOTATION_REFUSED` when the task is full of them, or
   * the attempt has ended.
   */
  readonly annotate: (key: string, value: unknown) => void;
}

/**
 * One step's work. Returns JSON-serialisable results, or nothing. Throws `PermanentError` when trying again is
 * useless, `RetryableError` to say when to; any other error is retried by the step's policy.
 */
export type StepHandler<Context = JsonObject, Results = Record<string, JsonValue>> = (
  context: StepContext<Context, Results>,
) => unknown;

/** A handler whose types are its own business: what it is called with was checked against its template's schema. */
export type AnyStepHandler = StepHandler<never, never>;
