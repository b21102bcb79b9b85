import type { FailureCause, FailureFinality, PublicErrorFields } from '../events/payload-parts.ts';
import { TaskerError } from '../shared/errors.ts';
import type { JsonObject } from '../shared/json.ts';
import { backoffMs, lossLimit } from './retry-policy.ts';
import type { TaskDraft } from './task-draft.ts';
import { type PlannedStep, plannedStep } from './task-plan.ts';
import type { StepState } from './task-state.ts';

export function beginAttempt(draft: TaskDraft, name: string, spanId: string): void {
  const { planned, step } = stepOf(draft, name);
  const readySince = step.readyAt ?? draft.now;
  draft.record({
    name: 'step.execution_requested',
    at: draft.now,
    step: name,
    attempt: step.attempts + 1,
    spanId,
    payload: {
      readySince,
      waitedMs: Math.max(0, draft.now - readySince),
      dependentSystem: planned.template.dependentSystem,
    },
  });
}

export interface AttemptSuccess {
  readonly step: string;
  readonly durationMs: number;
  /** For how long of that the event loop stood still. */
  readonly blockedMs?: number;
  /** The allow-listed fields alone. */
  readonly results: JsonObject;
  readonly omittedResults: readonly string[];
}

export function completeAttempt(draft: TaskDraft, success: AttemptSuccess): void {
  const { step } = stepOf(draft, success.step);
  draft.record({
    name: 'step.completed',
    at: draft.now,
    step: step.name,
    attempt: step.attempts,
    spanId: step.spanId,
    payload: {
      durationMs: success.durationMs,
      ...blocked(success),
      ...(step.startedAt !== null && { startedAt: step.startedAt }),
      results: success.results,
      ...(success.omittedResults.length > 0 && { omittedResults: [...success.omittedResults] }),
    },
  });
}

export interface AttemptFailure {
  readonly step: string;
  readonly durationMs: number | null;
  readonly blockedMs?: number;
  readonly cause: FailureCause;
  readonly error: PublicErrorFields;
  /** The handler said that trying again is useless. */
  readonly permanent: boolean;
  /** The handler said when to try again. */
  readonly retryAfterMs?: number | undefined;
  /** The worker gave the attempt back on its way out: that spends no limit. */
  readonly returned?: boolean;
  /** In [0, 1), for the jitter. */
  readonly chance: number;
}

export function failAttempt(draft: TaskDraft, failure: AttemptFailure): void {
  const { planned, step } = stepOf(draft, failure.step);
  const lost = failure.cause === 'worker_lost';
  const failures = step.failures + (lost ? 0 : 1);
  const losses = step.losses + (lost && failure.returned !== true ? 1 : 0);
  const final = finality(planned, failure, failures, losses);
  const retry = final === 'no' ? retryWait(planned, failure, failures) : null;
  draft.record({
    name: 'step.failed',
    at: draft.now,
    step: step.name,
    attempt: step.attempts,
    spanId: step.spanId,
    payload: {
      durationMs: failure.durationMs,
      ...blocked(failure),
      ...(step.startedAt !== null && { startedAt: step.startedAt }),
      cause: failure.cause,
      final,
      error: failure.error,
      failures,
      losses,
      retryLimit: planned.template.retryLimit,
      ...(retry !== null && { nextAttemptAt: draft.now + retry.delayMs }),
    },
  });
  if (retry === null) return;
  const { reason, delayMs } = retry;
  draft.record({
    name: 'step.retry_requested',
    at: draft.now,
    step: step.name,
    attempt: step.attempts,
    spanId: step.spanId,
    payload: { from: lost ? 'in_progress' : 'error', reason, delayMs, notBefore: draft.now + delayMs },
  });
}

function blocked({ blockedMs = 0 }: AttemptSuccess | AttemptFailure) {
  return blockedMs > 0 ? { blockedMs } : {};
}

/** Attempts that were running when their worker vanished: nobody knows how far they came. */
export function recoverLostAttempts(draft: TaskDraft): void {
  for (const step of draft.state.steps) {
    if (step.status !== 'in_progress') continue;
    failAttempt(draft, {
      step: step.name,
      durationMs: null,
      cause: 'worker_lost',
      error: { type: 'WorkerLost' },
      permanent: false,
      chance: 0,
    });
  }
}

function finality(planned: PlannedStep, failure: AttemptFailure, failures: number, losses: number): FailureFinality {
  const { retryable, retryLimit } = planned.template;
  if (failure.cause === 'worker_lost') {
    if (!retryable) return 'outcome_unknown';
    return losses >= lossLimit ? 'exhausted' : 'no';
  }
  if (failure.permanent || !retryable) return 'permanent';
  return failures >= retryLimit ? 'exhausted' : 'no';
}

function retryWait(planned: PlannedStep, failure: AttemptFailure, failures: number) {
  if (failure.cause === 'worker_lost') {
    return { reason: failure.returned === true ? 'worker_stopped' : 'worker_lost', delayMs: 0 } as const;
  }
  if (failure.retryAfterMs !== undefined) {
    return { reason: 'retry_after', delayMs: Math.max(0, Math.round(failure.retryAfterMs)) } as const;
  }
  return { reason: 'backoff', delayMs: backoffMs(planned.template.backoff, failures, failure.chance) } as const;
}

function stepOf(draft: TaskDraft, name: string): { planned: PlannedStep; step: StepState } {
  const planned = plannedStep(draft.plan, name);
  const step = planned && draft.state.steps[planned.index];
  if (!planned || !step) throw new TaskerError('TASKER_INTERNAL', `the task has no step '${name}'`);
  return { planned, step };
}
