import type { AttemptError, StoredTask } from './task-store.ts';
import type { TaskStatus } from '../tasks/states.ts';

export interface TaskFilter {
  readonly status?: TaskStatus;
  readonly namespace?: string;
  readonly name?: string;
  readonly correlationId?: string;
  /** Created at or after, milliseconds since the Unix epoch. */
  readonly sinceMs?: number;
}

export interface TaskSummary {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly status: TaskStatus;
  readonly correlationId: string;
  readonly createdAt: number;
  readonly startAt: number | null;
  readonly priority: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly slaBreachedAt: number | null;
  readonly parked: string | null;
  readonly steps: { readonly total: number; readonly done: number; readonly failed: number; readonly running: number };
}

export interface TaskPage {
  /** Newest first. */
  readonly tasks: readonly TaskSummary[];
  /** Pass as `before` for the next page; null at the end. */
  readonly next: string | null;
}

/**
 * Reading for people. For the implementer: these may be heavy and must not run on the engine's thread; they see
 * what is committed, each call one consistent state.
 */
export interface TaskReader {
  list(query: { readonly filter?: TaskFilter; readonly limit: number; readonly before?: string }): Promise<TaskPage>;
  get(taskId: string): Promise<StoredTask | null>;
  errors(taskId: string): Promise<readonly AttemptError[]>;
  countByStatus(): Promise<Readonly<Record<TaskStatus, number>>>;
}
