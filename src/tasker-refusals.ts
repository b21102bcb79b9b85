import type { Advance } from './execution/engine-limits.ts';
import { TaskerError } from './shared/errors.ts';

// What the facade refuses of itself.

export function requireNotAborted(taskId: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new TaskerError('TASKER_WAIT_ABORTED', `Waiting for task '${taskId}' was given up.`, { cause: signal.reason });
}

export function stoppedFirst(taskId: string): TaskerError {
  return new TaskerError(
    'TASKER_ENGINE_NOT_RUNNING',
    `The engine stopped before task '${taskId}' ended; it goes on at the next start.`,
  );
}

export function alreadyStopped(): TaskerError {
  return new TaskerError('TASKER_ENGINE_NOT_RUNNING', 'This tasker has been stopped; create another one.');
}

export function requireOpen(open: boolean): void {
  if (!open) throw alreadyStopped();
}

export function startedOtherwise(advance: Advance): TaskerError {
  return new TaskerError(
    'TASKER_ENGINE_ALREADY_RUNNING',
    `This tasker was started with advance: '${advance}' and keeps to it; create another one to run it otherwise.`,
  );
}

export function within(limit: number, max: number): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= max) return limit;
  throw new TaskerError('TASKER_REQUEST_INVALID', `limit: expected a whole number from 1 to ${max}, got ${limit}.`);
}

/** No position means all that is parked: what is not one must not come to mean that. */
export function requirePosition(position: unknown): void {
  if (position === undefined || (Number.isSafeInteger(position) && Number(position) >= 0)) return;
  const came = typeof position === 'number' ? String(position) : `a value of type ${typeof position}`;
  throw new TaskerError('TASKER_REQUEST_INVALID', `position: expected a whole number from 0, got ${came}.`);
}
