import type { Random } from '../shared/ids.ts';
import { createTask } from '../tasks/decide-task.ts';
import { nextDeadlineAt } from '../tasks/readiness.ts';
import type { LoadedTask } from './loaded-task.ts';
import type { PreparedTask } from './task-request.ts';
import type { Change, LeaseToken, Schedule } from './task-store.ts';
import { changedRows, Turn } from './turn.ts';
import type { TaskState } from '../tasks/task-state.ts';

/** Records, in a task's first turn, that it is there. */
export function decideCreation(turn: Turn, { row, request }: PreparedTask, task: LoadedTask): void {
  const { templateId, priority, startAt } = row;
  const { initiator, source_system: sourceSystem, reason } = request;
  createTask(turn.draft, {
    templateId,
    initiator,
    sourceSystem,
    reason,
    omittedContext: task.omittedContext,
    ...(priority !== 0 && { priority }),
    ...(startAt !== null && { startAt }),
  });
}

/** The change that creates a task and leaves it to whoever takes it up, now or at its time. */
export function creationForOthers(prepared: PreparedTask, task: LoadedTask, random: Random): Change {
  const { row, type } = prepared;
  const turn = new Turn(type.plan, null, row.createdAt);
  decideCreation(turn, prepared, task);
  const release = { dueAt: row.startAt ?? row.createdAt, deadlineAt: nextDeadlineAt(turn.draft.state) };
  return { ...changeOf(task, { state: null, lease: null }, turn, release, random), create: row };
}

/** What a turn comes down to for the store. */
export function changeOf(
  { row, envelope }: LoadedTask,
  { state, lease }: { readonly state: TaskState | null; readonly lease: LeaseToken | null },
  turn: Turn,
  release: Schedule | null,
  random: Random,
): Change {
  return {
    taskId: row.id,
    lease,
    ...changedRows(state, turn.draft.state, turn.results),
    errors: turn.errors,
    events: turn.events({ id: row.id, rootSpanId: row.rootSpanId, parentSpanId: row.parentSpanId, envelope }, random),
    commands: turn.commands,
    ...(turn.annotations.length > 0 && { annotations: turn.annotations }),
    ...(release !== null && { release }),
  };
}
