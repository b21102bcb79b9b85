import { isAtRest, nextDeadlineAt, nextStartAt } from '../tasks/readiness.ts';
import type { TaskState } from '../tasks/task-state.ts';
import type { Schedule } from './task-store.ts';

export interface Holding {
  readonly now: number;
  /** `watch`: taken only to record what its SLAs have to say. */
  readonly mode: 'advance' | 'watch';
  /** Inputs came meanwhile. */
  readonly wanted: boolean;
  /** False: this process has no handlers for the task. */
  readonly runnable: boolean;
  /** How long it stays away then. */
  readonly awayMs: number;
  /** False once the engine is stopping: nothing new begins. */
  readonly accepting: boolean;
  /** Whether a waiting task may go back into the store: somebody will take it up again in time. */
  readonly mayRelease: boolean;
  readonly releaseAfterMs: number;
}

/** When to come back to a task, if nothing more can be done about it here and now; null to keep it. */
export function scheduleIfIdle(state: TaskState, holding: Holding): Schedule | null {
  if (isAtRest(state)) return { dueAt: null, deadlineAt: null };
  const { now } = holding;
  const running = state.steps.some((step) => step.status === 'in_progress');
  const startAt = nextStartAt(state);
  const deadlineAt = nextDeadlineAt(state);
  if (!holding.runnable && !running) return { dueAt: Math.max(startAt ?? now, now + holding.awayMs), deadlineAt };
  if (holding.mode === 'watch') return { dueAt: running ? now : (startAt ?? now), deadlineAt };
  if (running || holding.wanted) return null;
  const canWait = holding.mayRelease && startAt !== null && startAt > now + holding.releaseAfterMs;
  return canWait || !holding.accepting ? { dueAt: startAt ?? now, deadlineAt } : null;
}

/**
 * When a held task wants to be looked at next; null: something else will tell. `decidedAt` is the time of the latest
 * decision: a step whose wait ended while that was being written has not been looked at yet. One that was ready
 * before waits for room, which is announced.
 */
export function nextLookAt(state: TaskState, decidedAt: number): number | null {
  const startAt = nextStartAt(state);
  const waiting = startAt !== null && startAt > decidedAt ? startAt : null;
  const deadlineAt = nextDeadlineAt(state);
  return waiting === null || deadlineAt === null ? (waiting ?? deadlineAt) : Math.min(waiting, deadlineAt);
}
