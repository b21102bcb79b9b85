import type { NewEvent } from './event-log.ts';

export interface RemovalQuery {
  /** Of tasks that ended well or were given up before this; and events of no task that happened before it. */
  readonly before: number;
  /** The last position that every subscriber has dealt with: what lies beyond it stays… */
  readonly readUpTo: number;
  /** …unless it ended before this. Then it goes, read or not. */
  readonly unreadBefore: number;
  /** Where the batch before ended; null to begin. */
  readonly cursor: string | null;
  /** How many tasks are looked at. */
  readonly limit: number;
}

export interface Removed {
  readonly tasks: number;
  readonly events: number;
  /** The last position removed that some subscriber had not dealt with; null if there was none. */
  readonly unreadUpTo: number | null;
  /** What subscribers had parked of it, one entry for each that had; by name. */
  readonly parked: readonly RemovedParked[];
}

export interface RemovedParked {
  readonly subscriber: string;
  /** Parked events that are gone. */
  readonly events: number;
  /** The tasks that they belonged to. */
  readonly tasks: number;
  /** The position of the last of them. */
  readonly upTo: number;
}

export interface RemovedBatch extends Removed {
  /** null: all has been looked at. */
  readonly cursor: string | null;
  /** Of the facts; null without. */
  readonly firstPosition: number | null;
}

/**
 * Removing what is old. For the implementer:
 *
 * - A task goes whole, with its steps, errors and events, in one transaction with the facts about it; open tasks and
 *   failed ones, which wait for an operator, never go.
 * - What a subscriber has parked counts as unread: its task, or itself if it belongs to none. When its time is up it
 *   goes with what was parked of it, which is told.
 * - A batch is short: it shares its thread with the engine.
 * - Commands that were answered before `before` go too: whoever asked has long had the answer.
 * - Positions are never given again: the log's last event stays.
 */
export interface RetentionStore {
  removeBatch(query: RemovalQuery, facts: (removed: Removed) => readonly NewEvent[]): Promise<RemovedBatch>;
  /** Events up to this position may be missing; 0 when none is. */
  removedUpTo(): Promise<number>;
}
