import type { NewEvent } from '../log/event-log.ts';

export interface WorkerInfo {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  readonly startedAt: number;
}

export interface LostWorker extends WorkerInfo {
  /** Tasks that it held; they are due again. */
  readonly tasksHeld: number;
}

/**
 * Who works on this store. For the implementer: `join` makes this process the (or an) engine, or throws
 * `TASKER_ENGINE_ALREADY_RUNNING` where the storage allows one; it voids the leases of workers that ended without
 * leaving, makes their tasks due, and writes the events that `facts` gives, all in one transaction. These methods
 * resolve to the position of the first event they wrote, the others follow it; null when they wrote none.
 */
export interface WorkerRegistry {
  join(worker: WorkerInfo, facts: (lost: readonly LostWorker[]) => readonly NewEvent[]): Promise<number | null>;
  /** Writes what a worker that has joined tells of itself; null, and nothing written, for one that has not. */
  note(workerId: string, events: readonly NewEvent[]): Promise<number | null>;
  /** Releases every lease that is still held and writes the events. */
  leave(workerId: string, events: readonly NewEvent[]): Promise<number | null>;
  /** True while some process, this one or another, is the engine of this store. */
  isEngineRunning(): Promise<boolean>;
}
