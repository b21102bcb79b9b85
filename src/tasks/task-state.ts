import type { FailureCause, FailureFinality, PublicErrorFields } from '../events/payload-parts.ts';
import type { StepStatus, TaskStatus } from './states.ts';

/**
 * A task as its recorded events make it: folding `evolve` over them gives exactly this, and the store keeps it
 * beside the log so that nobody has to fold. Immutable. All times in milliseconds since the Unix epoch.
 */
export interface TaskState {
  readonly status: TaskStatus;
  readonly createdAt: number;
  /** Not before then: what SLA and durations are counted from, in place of its creation; null: at once. */
  readonly startAt: number | null;
  readonly startedAt: number | null;
  /** The latest end; null while the task is open. */
  readonly endedAt: number | null;
  /** The SLA runs to here and no further; an operator's retry starts no new one. */
  readonly firstEndedAt: number | null;
  readonly slaDeadlineAt: number | null;
  readonly slaBreachedAt: number | null;
  /** Why the task is set aside as unclear; null when it is not. */
  readonly parked: string | null;
  /** In template order. */
  readonly steps: readonly StepState[];
}

export interface StepState {
  readonly name: string;
  readonly status: StepStatus;
  /** Every try, also those that were lost; never falls. The number of the latest attempt. */
  readonly attempts: number;
  /** Tries that spent the retry limit; an operator's retry starts anew. */
  readonly failures: number;
  /** Tries that were lost with their worker: they have a limit of their own. */
  readonly losses: number;
  /** When all it depends on was done for the first time. */
  readonly firstReadyAt: number | null;
  /** Since when it could have run: after a failure, the end of the wait. */
  readonly readyAt: number | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly spanId: string | null;
  readonly slaDeadlineAt: number | null;
  readonly slaBreachedAt: number | null;
  /** The attempt that `step.stalled` was recorded for; 0 for none. */
  readonly stalledAttempt: number;
  /** Of its idempotency key: 1, and one more with each retry for which an operator asks for a new key. */
  readonly keyGeneration: number;
  readonly failure: StepFailure | null;
}

/** The latest failure, as far as it may be told. */
export interface StepFailure {
  readonly attempt: number;
  readonly cause: FailureCause;
  readonly final: FailureFinality;
  readonly error: PublicErrorFields;
}
