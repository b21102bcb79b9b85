import type { TaskPlan } from './task-plan.ts';
import type { StepState, TaskState } from './task-state.ts';
import { hasEnded, isDone } from './states.ts';

/** All it depends on is done; it waits for its turn or for its next attempt. */
export function isRunnable(step: StepState): boolean {
  return step.status === 'pending' && step.firstReadyAt !== null;
}

/** Names of the steps that may start now, in template order, under the template's own limit and the one given. */
export function startableSteps(plan: TaskPlan, state: TaskState, now: number, stepsPerTask: number): string[] {
  if (state.status !== 'in_progress' || state.parked !== null) return [];
  const limit = plan.template.concurrent ? stepsPerTask : 1;
  let running = 0;
  for (const step of state.steps) if (step.status === 'in_progress') running += 1;
  const names: string[] = [];
  for (const step of state.steps) {
    if (running + names.length >= limit) break;
    if (isRunnable(step) && (step.readyAt ?? 0) <= now) names.push(step.name);
  }
  return names;
}

/** What SLA and durations of the task are counted from. A wait that was asked for is no delay. */
export function countedFrom(state: Pick<TaskState, 'createdAt' | 'startAt'>): number {
  return state.startAt ?? state.createdAt;
}

/** When the task, or its next waiting step, may start; null when nothing waits. */
export function nextStartAt(state: TaskState): number | null {
  if (isAtRest(state)) return null;
  if (state.status === 'pending') return countedFrom(state);
  let next: number | null = null;
  for (const step of state.steps) {
    if (isRunnable(step) && step.readyAt !== null && (next === null || step.readyAt < next)) next = step.readyAt;
  }
  return next;
}

/** When the next SLA that is still to be watched runs out; null when there is none. */
export function nextDeadlineAt(state: TaskState): number | null {
  if (isAtRest(state)) return null;
  let next = state.slaBreachedAt === null && state.firstEndedAt === null ? state.slaDeadlineAt : null;
  for (const step of state.steps) {
    if (!isWatched(step) || step.slaDeadlineAt === null) continue;
    if (next === null || step.slaDeadlineAt < next) next = step.slaDeadlineAt;
  }
  return next;
}

/** Its SLA is running. */
export function isWatched(step: StepState): boolean {
  return (
    step.slaDeadlineAt !== null &&
    step.slaBreachedAt === null &&
    (step.status === 'pending' || step.status === 'in_progress')
  );
}

export function allDone(state: TaskState): boolean {
  return state.steps.every((step) => isDone(step.status));
}

/** Nothing more happens to the task by itself: it has ended, or it was parked. */
export function isAtRest(state: TaskState): boolean {
  return state.parked !== null || hasEnded(state.status);
}
