import type { Random } from '../shared/ids.ts';
import { isPlainObject, type JsonObject, type JsonValue } from '../shared/json.ts';
import { pickFields } from '../tasks/business-context.ts';
import { completeAttempt, failAttempt } from '../tasks/decide-attempt.ts';
import { reportStall } from '../tasks/decide-task.ts';
import { plannedStep } from '../tasks/task-plan.ts';
import type { Attempt, AttemptListener } from './attempt.ts';
import type { TaskRun } from './task-run.ts';
import type { Turn } from './turn.ts';

/** Turns what attempts report into inputs of their task. */
export function attemptListener(
  run: TaskRun,
  around: { readonly random: Random; readonly onLate: () => void },
): AttemptListener {
  return {
    completed(attempt, checked, durationMs) {
      run.attempts.delete(attempt.step);
      const { blockedMs } = attempt;
      const allowed = plannedStep(run.task.type.plan, attempt.step)?.template.results ?? [];
      const picked = pickResults(checked.results, allowed);
      run.post({
        decide: (turn) => {
          if (!isCurrent(turn, attempt)) return;
          beginOutcome(run, turn, attempt, { attemptFailed: false });
          completeAttempt(turn.draft, { step: attempt.step, durationMs, blockedMs, ...picked });
          turn.results.set(attempt.step, checked);
        },
      });
    },
    failed(attempt, cause, error, durationMs) {
      run.attempts.delete(attempt.step);
      const { blockedMs } = attempt;
      const chance = around.random.fraction();
      run.post({
        decide: (turn) => {
          if (!isCurrent(turn, attempt)) return;
          beginOutcome(run, turn, attempt, { attemptFailed: true });
          failAttempt(turn.draft, {
            step: attempt.step,
            durationMs,
            blockedMs,
            cause,
            error: error.public,
            permanent: error.permanent,
            retryAfterMs: error.retryAfterMs,
            chance,
          });
          turn.errors.push({ step: attempt.step, attempt: attempt.number, ...error.private });
        },
      });
    },
    stalled(silence) {
      run.post({
        decide: (turn) => {
          turn.causedBy(run.causes.latest(silence.step));
          reportStall(turn.draft, silence);
        },
      });
    },
    late: around.onLate,
  };
}

/** The attempt is given back by an engine that stops: lost, but no worker failed, so it spends no limit. */
export function returnAttempt(run: TaskRun, attempt: Attempt): (turn: Turn) => void {
  const { durationMs } = attempt;
  return (turn) => {
    if (!isCurrent(turn, attempt)) return;
    beginOutcome(run, turn, attempt, { attemptFailed: true });
    failAttempt(turn.draft, {
      step: attempt.step,
      durationMs,
      cause: 'worker_lost',
      error: { type: 'WorkerStopped' },
      permanent: false,
      returned: true,
      chance: 0,
    });
  };
}

/**
 * What the attempt published goes ahead of its outcome, which is recorded next; the attempt caused each of them. What
 * it noted is written with them.
 */
function beginOutcome(run: TaskRun, turn: Turn, attempt: Attempt, how: { readonly attemptFailed: boolean }): void {
  const { step, number } = attempt;
  const cause = run.causes.latest(step);
  const spanId = turn.draft.state.steps.find(({ name }) => name === step)?.spanId;
  for (const { name, payload, at } of attempt.published) {
    turn.causedBy(cause);
    turn.draft.record({ name, payload, at, step, attempt: number, spanId, ...how });
  }
  for (const note of attempt.annotated) turn.annotations.push({ ...note, by: null, step, attempt: number });
  turn.causedBy(cause);
}

export function pickResults(
  results: JsonValue,
  allowed: readonly string[],
): { results: JsonObject; omittedResults: readonly string[] } {
  if (allowed.length === 0 || !isPlainObject(results)) return { results: {}, omittedResults: [] };
  const { fields, omitted } = pickFields(results, allowed);
  return { results: fields, omittedResults: omitted };
}

/** An attempt whose step has moved on (cancelled, resolved) has nothing more to say. */
function isCurrent(turn: Turn, attempt: Attempt): boolean {
  const step = turn.draft.state.steps.find((candidate) => candidate.name === attempt.step);
  return step?.status === 'in_progress' && step.attempts === attempt.number;
}
