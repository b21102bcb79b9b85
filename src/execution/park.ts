import { isTaskerError } from '../shared/errors.ts';
import type { TaskDraft } from '../tasks/task-draft.ts';

/**
 * Parks a task that the engine itself cannot carry on with. `what` names what failed; of the error only its type or
 * code goes into the event, for its message may hold the task's data.
 */
export function park(draft: TaskDraft, what: string, error: unknown): void {
  const kind = isTaskerError(error) ? error.code : error instanceof Error ? error.name : typeof error;
  draft.record({
    name: 'workflow.task_state_unclear',
    at: draft.now,
    payload: { found: `${what} (${kind})`, expected: 'every input of a task decided, and what follows written' },
  });
}
