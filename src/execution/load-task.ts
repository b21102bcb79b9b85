import type { Clock } from '../shared/clock.ts';
import { TaskerError } from '../shared/errors.ts';
import { nextDeadlineAt } from '../tasks/readiness.ts';
import { fullTaskName } from '../tasks/template.ts';
import { awayMs } from './away.ts';
import { type LoadedTask, storedTask } from './loaded-task.ts';
import type { Narration } from './narration.ts';
import type { Recorder } from './recorder.ts';
import type { Schedule, StoredTask, TaskStore } from './task-store.ts';
import type { TaskTypes } from './task-types.ts';
import type { Unreturned } from './unreturned.ts';
import type { TakenTask } from './work-queue.ts';

export interface LoadSurroundings {
  readonly tasks: TaskStore;
  readonly types: TaskTypes;
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly narration: Narration;
  readonly unreturned: Unreturned;
}

/** Reads a task that was taken; null when it is not there. One that cannot be read is given back. */
export async function loadTask(taken: TakenTask, around: LoadSurroundings): Promise<LoadedTask | null> {
  let stored: StoredTask | null = null;
  try {
    stored = await around.tasks.load(taken.taskId);
    if (stored === null) return null;
    const type = await around.types.forStored(stored.task.templateId);
    if (type !== null) return storedTask(type, stored);
    throw new TaskerError(
      'TASKER_TEMPLATE_NOT_FOUND',
      `Task '${taken.taskId}' (${fullTaskName(stored.task)}) was begun with a template that the store does not have.`,
    );
  } catch (error) {
    const again = (): Promise<void> => giveBack(taken, stored, around);
    await again().catch(() => around.unreturned.add(taken.taskId, again));
    throw error;
  }
}

async function giveBack(taken: TakenTask, stored: StoredTask | null, around: LoadSurroundings): Promise<void> {
  const laterAt = around.clock.now() + awayMs;
  const deadlineAt = stored === null ? null : nextDeadlineAt(stored.state);
  // A deadline that has passed would bring the task right back, and nobody here can record it.
  const release: Schedule = { dueAt: laterAt, deadlineAt: deadlineAt === null ? null : Math.max(deadlineAt, laterAt) };
  const { taskId, lease } = taken;
  if (stored !== null) around.narration.givingBack(stored.task, release);
  const change = { taskId, lease, steps: [], errors: [], events: [], commands: [], release };
  const result = await around.recorder.write(change);
  if (stored !== null && result.kind === 'committed')
    around.narration.givenBack(stored.task, release, around.clock.now());
}
