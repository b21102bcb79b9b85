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

/** `anew`: it is among the workers still, as nobody has taken it for lost. */
export type FactsOfJoining = (lost: readonly LostWorker[], anew: boolean) => readonly NewEvent[];
export type FactsOfLost = (lost: readonly LostWorker[]) => readonly NewEvent[];

export interface Renewal {
  /** False when this worker's own lease had run out: others may have its tasks, and it must join again. */
  readonly held: boolean;
  /** Others have been silent for too long: `voidLost` frees what they hold. */
  readonly othersLapsed: boolean;
}

/**
 * Who works on this store. For the implementer: `join` makes this process the (or an) engine, or throws
 * `TASKER_ENGINE_ALREADY_RUNNING` where the storage allows one; it voids the leases of workers that ended without
 * leaving, makes their tasks due, and writes the events that `facts` gives, all in one transaction. These methods
 * resolve to the position of the first event they wrote, the others follow it; null when they wrote none.
 */
export interface WorkerRegistry {
  /** How long a worker that stays silent keeps what it holds; null where its end shows at once, and nobody renews. */
  readonly leaseMs: number | null;
  /** One that has joined before joins anew: what it held then is due, and what it sent then writes nothing any more. */
  join(worker: WorkerInfo, facts: FactsOfJoining): Promise<number | null>;
  /** Says that this worker is there. Waits for nothing that another method, or another worker, does. */
  renew(workerId: string): Promise<Renewal>;
  /**
   * Does for those that have been silent for too long what `join` does; nothing where this worker's own lease has run
   * out. May take longer than a lease lasts: they may hold much, or be writing still.
   */
  voidLost(workerId: string, facts: FactsOfLost): Promise<number | null>;
  /** Writes what a worker that has joined tells of itself; null, and nothing written, for one that has not. */
  note(workerId: string, events: readonly NewEvent[]): Promise<number | null>;
  /** Releases every lease that is still held and writes the events. */
  leave(workerId: string, events: readonly NewEvent[]): Promise<number | null>;
  /** True while some process, this one or another, is the engine of this store. */
  isEngineRunning(): Promise<boolean>;
}
