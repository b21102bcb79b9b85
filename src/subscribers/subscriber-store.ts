import type { NewEvent } from '../log/event-log.ts';
import type { TaskerError } from '../shared/errors.ts';

export interface ReplayProgress {
  readonly from: number;
  /** The position reached. */
  readonly reached: number;
  readonly to: number;
  readonly parked: number;
}

/** Where a subscriber stands: everything it has kept, in one row. */
export interface StoredSubscriber {
  readonly name: string;
  /** The position of the last event it has dealt with; what comes after is still to come. */
  readonly checkpoint: number;
  /** The position of the first event that its state has counted; null while it has counted none. */
  readonly countsFrom: number | null;
  /** Raised by every replay that is swapped in: what an older one still wants to save is refused. */
  readonly generation: number;
  readonly lagged: boolean;
  /** JSON text; null for one that keeps no state. */
  readonly state: string | null;
}

/** The whole error stays in the store: only its public part goes into the log. */
export interface ParkedError {
  readonly type: string;
  readonly message: string;
  readonly stack: string | null;
}

/** An event that a subscriber has set aside. */
export interface ParkedEvent {
  readonly position: number;
  readonly eventName: string;
  readonly taskId: string | null;
  /** How often the handler has failed; 0 for one that only waits behind another of its task. */
  readonly attempts: number;
  readonly parkedAt: number;
  /** null for one that only waits. */
  readonly error: ParkedError | null;
}

export interface StoredParkedEvent extends ParkedEvent {
  readonly subscriber: string;
  readonly generation: number;
}

/** Which parked events: of one subscriber or of all, at one position or anywhere. */
export interface ParkedFilter {
  readonly subscriber?: string;
  readonly position?: number;
  readonly taskId?: string;
}

/** The place of a parked event among all of them. */
export interface ParkedPlace {
  readonly subscriber: string;
  readonly position: number;
}

/** One thing that a subscriber has to save. All or nothing. */
export type Progress =
  | {
      readonly kind: 'register';
      readonly subscriber: string;
      readonly checkpoint: number;
      readonly state: string | null;
    }
  | {
      readonly kind: 'advance';
      readonly subscriber: string;
      readonly generation: number;
      /** The checkpoint that must still stand. */
      readonly from: number;
      /** The same as `from` when parked events were tried again. */
      readonly to: number;
      readonly countsFrom: number | null;
      /** Kept as it is when not given. */
      readonly state?: string;
      /** Added, or written over if parked already. */
      readonly park: readonly ParkedEvent[];
      /** Positions no longer parked; one that is not parked refuses the whole. */
      readonly unpark: readonly number[];
      readonly events: readonly NewEvent[];
    }
  | {
      readonly kind: 'lag';
      readonly subscriber: string;
      readonly lagged: boolean;
      readonly events: readonly NewEvent[];
    }
  | {
      /** Puts a replay in the place of what was: its state, and what it parked instead of what was parked. */
      readonly kind: 'swap';
      readonly subscriber: string;
      readonly generation: number;
      readonly checkpoint: number;
      readonly countsFrom: number | null;
      readonly state: string | null;
      /** Parked events from this position on are the old generation's and go. */
      readonly replayedFrom: number;
      readonly park: readonly ParkedEvent[];
      readonly events: readonly NewEvent[];
    }
  | {
      /** How far a replay that is under way has come, for whoever looks; null when it is over. */
      readonly kind: 'replaying';
      readonly subscriber: string;
      readonly replay: ReplayProgress | null;
    }
  | {
      /** Facts about what it hands on; its standing is as it was. */
      readonly kind: 'note';
      readonly subscriber: string;
      readonly events: readonly NewEvent[];
    }
  /** Removes all that is kept for it. */
  | { readonly kind: 'unregister'; readonly subscriber: string };

export type ProgressResult =
  /** `firstPosition`: the place in the log of its first event, the others follow without gap; null if it has none. */
  | { readonly kind: 'saved'; readonly firstPosition: number | null }
  /** The checkpoint, generation or parked event that it starts from no longer stands, or another process is the engine; nothing was written. */
  | { readonly kind: 'stale' }
  /** This part alone could not be written; nothing of it was. */
  | { readonly kind: 'failed'; readonly error: TaskerError };

export interface SubscriberSummary extends Omit<StoredSubscriber, 'state'> {
  readonly parked: number;
  /** Bytes of its state as stored. */
  readonly stateBytes: number;
  /** Of a replay that is under way, about once a second. */
  readonly replay: ReplayProgress | null;
}

/** Rough size of what a part adds to a flush. */
export function progressBytes(progress: Progress): number {
  let bytes = 100;
  if ('state' in progress) bytes += progress.state?.length ?? 0;
  if ('events' in progress) for (const event of progress.events) bytes += event.body.length;
  if ('park' in progress) bytes += progress.park.length * 500;
  return bytes;
}

/**
 * Where subscribers stand. For the implementer: reading only; what is saved goes through `Storage.commitGroup`, each
 * part checked against what it says it starts from, in a savepoint of its own. Only the engine may save.
 */
export interface SubscriberStore {
  load(name: string): Promise<StoredSubscriber | null>;
  /** By name. */
  list(): Promise<readonly SubscriberSummary[]>;
  /** By name and position; `after`: those that come after this one. */
  parked(
    query: ParkedFilter & { readonly after?: ParkedPlace; readonly limit: number },
  ): Promise<readonly StoredParkedEvent[]>;
  /** How many `parked` would give in all. */
  parkedCount(filter: ParkedFilter): Promise<number>;
  /** The tasks of which it has parked something; `upTo`: no later than at this position. */
  parkedTasks(subscriber: string, upTo?: number): Promise<readonly string[]>;
}

/** The one writer's group commit, as subscribers see it. Rejects when nothing was written and the same may be tried again. */
export interface ProgressWriter {
  save(progress: Progress): Promise<ProgressResult>;
}
