import type { Advance } from './execution/engine.ts';
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

export function startedOtherwise(advance: Advance): TaskerError {
  return new TaskerError(
    'TASKER_ENGINE_ALREADY_RUNNING',
    `This tasker was started with advance: '${advance}' and keeps to it; create another one to run it otherwise.`,
  );
}
