/** Tasker's states, the same six for tasks and steps. */
export const statuses = ['pending', 'in_progress', 'complete', 'error', 'cancelled', 'resolved_manually'] as const;
export type Status = (typeof statuses)[number];
export type TaskStatus = Status;
export type StepStatus = Status;

type Transitions = Readonly<Record<Status, readonly Status[]>>;

/**
 * Tasker's table and one transition it lacks: error → cancelled, so that a failed task can be given up.
 * complete → cancelled, which Tasker offers, is gone: complete is final.
 */
export const taskTransitions: Transitions = {
  pending: ['in_progress', 'cancelled', 'error'],
  in_progress: ['complete', 'error', 'cancelled', 'pending'],
  error: ['pending', 'resolved_manually', 'cancelled'],
  resolved_manually: ['cancelled'],
  complete: [],
  cancelled: [],
};

/** Tasker's table and what it lacks: in_progress → pending (a lost attempt is taken up again) and error → cancelled. */
export const stepTransitions: Transitions = {
  pending: ['in_progress', 'error', 'cancelled', 'resolved_manually'],
  in_progress: ['complete', 'error', 'cancelled', 'pending'],
  error: ['pending', 'resolved_manually', 'cancelled'],
  complete: [],
  cancelled: [],
  resolved_manually: [],
};

export function isStatus(value: string): value is Status {
  return (statuses as readonly string[]).includes(value);
}

/** Nothing more happens by itself: the task has ended, well or badly. */
export function hasEnded(status: TaskStatus): boolean {
  return status !== 'pending' && status !== 'in_progress';
}

/** What depends on a step may run once the step is done. */
export function isDone(status: StepStatus): boolean {
  return status === 'complete' || status === 'resolved_manually';
}
