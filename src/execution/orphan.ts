import type { Clock } from '../shared/clock.ts';
import { nextDeadlineAt } from '../tasks/readiness.ts';
import type { Recorder } from './recorder.ts';
import type { TaskRun } from './task-run.ts';
import type { Schedule } from './task-store.ts';
import type { Unreturned } from './unreturned.ts';

export interface OrphanSurroundings {
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly unreturned: Unreturned;
}

/**
 * Gives back a task that came to be while its worker's lease had run out. If that worker has joined anew by then, it
 * holds what it knows nothing of, and nobody else would look at it; if not, the store refuses this.
 */
export async function giveBackOrphan({ id, state }: TaskRun, around: OrphanSurroundings): Promise<void> {
  const deadlineAt = state === null ? null : nextDeadlineAt(state);
  const release: Schedule = { dueAt: around.clock.now(), deadlineAt };
  const change = { taskId: id, lease: 1, steps: [], errors: [], events: [], commands: [], release };
  const giveBack = async (): Promise<void> => void (await around.recorder.write(change));
  await giveBack().catch(() => around.unreturned.add(id, giveBack));
}
