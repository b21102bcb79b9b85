import type { NewEvent } from '../log/event-log.ts';
import type { TaskerError } from '../shared/errors.ts';
import type { DeepReadonly, JsonValue } from '../shared/json.ts';
import type { StepState, TaskState } from '../tasks/task-state.ts';

/** What is fixed when a task is created. */
export interface NewTask {
  readonly id: string;
  readonly templateId: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly createdAt: number;
  /** Of tasks waiting for room, those with the highest are taken first. */
  readonly priority: number;
  /** null: at once. */
  readonly startAt: number | null;
  /** JSON text; stays in the task store. */
  readonly context: string;
  /** JSON text of `RequestMeta`. */
  readonly request: string;
  readonly correlationId: string;
  readonly idempotencyKey: string | null;
  readonly traceId: string;
  readonly rootSpanId: string;
  readonly parentSpanId: string | null;
  readonly slaDeadlineAt: number | null;
}

/** A step's whole row; `results` (JSON text) is written when given and kept when not. */
export interface StepRow {
  readonly state: StepState;
  readonly results?: string;
}

/** The full story of a failed attempt. It stays in the store: only its public part goes into the event. */
export interface AttemptError {
  readonly step: string;
  readonly attempt: number;
  readonly type: string;
  readonly message: string;
  readonly stack: string | null;
}

/** A note on a task. It stays in the store: no event tells of it. */
export interface AnnotationRow {
  readonly at: number;
  /** null: the handler of the step. */
  readonly by: string | null;
  readonly step: string | null;
  /** Of the handler that noted it; null for anybody else. */
  readonly attempt: number | null;
  readonly key: string;
  /** JSON text. */
  readonly value: string;
}

/** Held by the engine that works on a task. Every write carries it; a store refuses one that is out of date. */
export type LeaseToken = number;

/** When a task that nobody holds wants attention. */
export interface Schedule {
  /** To be advanced from then on; null: nothing to do. */
  readonly dueAt: number | null;
  /** The next SLA to be watched, if earlier or if the task is not due; null: none. */
  readonly deadlineAt: number | null;
}

export interface Change {
  readonly taskId: string;
  /** null only with `create`. */
  readonly lease: LeaseToken | null;
  readonly create?: NewTask;
  /** The task's own columns, when they changed (always with `create`). */
  readonly task?: Omit<TaskState, 'steps'>;
  /** The steps that changed (all of them with `create`). */
  readonly steps: readonly StepRow[];
  readonly errors: readonly AttemptError[];
  readonly events: readonly NewEvent[];
  /** Added to those that the task has. */
  readonly annotations?: readonly AnnotationRow[];
  /** The commands that this change carries out: marked applied with it, so that none is carried out twice. */
  readonly commands: readonly string[];
  /** Gives the task back. Without it a created task is leased to the writing engine with token 1. */
  readonly release?: Schedule;
}

export type CommitResult =
  /** `firstPosition`: the place in the log of its first event, the others follow without gap; null if it has none. */
  | { readonly kind: 'committed'; readonly firstPosition: number | null }
  /** Another engine holds the task now; nothing was written. */
  | { readonly kind: 'lease_lost' }
  /** The idempotency key belongs to an earlier task of the same namespace and name; nothing was written. */
  | { readonly kind: 'duplicate'; readonly taskId: string }
  /** This change alone could not be written; nothing of it was. */
  | { readonly kind: 'failed'; readonly error: TaskerError };

export interface StoredTask {
  readonly task: NewTask;
  readonly state: TaskState;
  /** JSON text by step, for those that have results. */
  readonly results: ReadonlyMap<string, string>;
  /** The latest event of each step, and under '' of the task itself: what a later event was caused by. */
  readonly lastEventIds: ReadonlyMap<string, string>;
  /** In the order in which they were written. */
  readonly annotations: readonly AnnotationRow[];
}

/** A task as it stands, from memory or from the store. */
export interface TaskSnapshot {
  readonly task: NewTask;
  readonly state: TaskState;
  /** undefined while the step has no results. */
  readonly resultOf: (step: string) => DeepReadonly<JsonValue> | undefined;
  readonly annotations: readonly AnnotationRow[];
}

/**
 * Where tasks live. For the implementer:
 *
 * - `commit` writes the batch in one transaction and resolves only when it is on disk. Each change is all or
 *   nothing: a refused one leaves no trace and does not disturb the others. It rejects with a `TASKER_STORAGE_*`
 *   error when nothing was written, or when that cannot be known: what turns out to have been written all the same
 *   is then given back as it is on disk, and what the writer decides from before it is refused.
 * - Events get their positions here, in the order of the batch.
 * - Deciding what to write is not the store's job: it checks lease and idempotency key, nothing else.
 */
export interface TaskStore {
  commit(changes: readonly Change[]): Promise<readonly CommitResult[]>;
  load(taskId: string): Promise<StoredTask | null>;
}
