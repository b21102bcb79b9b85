import type { LeaseToken } from './task-store.ts';

export interface TakenTask {
  readonly taskId: string;
  readonly lease: LeaseToken;
}

/**
 * Which tasks want attention, and who has them. For the implementer: a task is held by at most one engine; taking
 * raises its lease token, which makes every write under the earlier token void. With `namespaces`: tasks of these alone.
 */
export interface WorkQueue {
  /** Takes up to `limit` unheld tasks whose due time has come: the highest priority first, then what was due first. */
  takeDue(now: number, limit: number, namespaces?: readonly string[]): Promise<readonly TakenTask[]>;
  /** Takes up to `limit` unheld tasks whose SLA deadline has come, whether or not there is room to run them: earliest first. */
  takeOverdue(now: number, limit: number, namespaces?: readonly string[]): Promise<readonly TakenTask[]>;
  /** Takes this one, due or not; null when there is no such task or an engine, also this one, holds it. */
  takeOne(taskId: string): Promise<TakenTask | null>;
  /** When the next unheld task becomes due or overdue; null when none will. */
  nextAt(): Promise<number | null>;
  /**
   * Calls back when another process may have made a task due, until the function it gives is called. A hint: whoever
   * waits looks by himself too. Where no other process makes tasks due, it never calls.
   */
  watch(onNews: () => void): () => void;
}
