import type { Clock, Timer } from '../shared/clock.ts';
import type { Random } from '../shared/ids.ts';
import { toNewEvent } from './append.ts';
import type { NewEvent } from './event-log.ts';
import type { Removed, RetentionStore } from './retention-store.ts';

export interface Reader {
  readonly name: string;
  /** The position of the last event it has dealt with. */
  readonly checkpoint: number;
  /** The same of a replay that is under way, which needs everything after it once more; null while none is. */
  readonly replayedUpTo: number | null;
}

export interface RetentionOptions {
  readonly store: RetentionStore;
  /** How long finished tasks and their events are kept. */
  readonly keepMs: number;
  /** Who follows the log. */
  readonly readers: () => Promise<readonly Reader[]>;
  /** Whether it is this process's turn: of several on one store one sweeps. */
  readonly mayRun: () => Promise<boolean>;
  readonly clock: Clock;
  readonly random: Random;
  /** Facts that are on disk. */
  readonly onRecorded: (facts: readonly NewEvent[], firstPosition: number | null) => void;
  readonly onProblem: (error: unknown) => void;
}

/** Under which a process takes the turn, beside subscribers. */
export const retentionName = 'tasker.retention';

const sweepEveryMs = 600_000;
const firstSweepMs = 5000;
const tasksPerBatch = 100;
/** Between two batches the engine has its thread to itself. */
const pauseMs = 100;

/**
 * Removes finished tasks and their events once they are old enough and every subscriber has dealt with them. One that
 * lags is waited for, but not for ever: at twice the age they go all the same, and what it has missed is a fact. A
 * replay is waited for as long; what goes before it has reached it is no gap, for it is refused. What is parked is
 * waited for as what is not read.
 */
export class Retention {
  readonly #options: RetentionOptions;
  #timer: Timer | null = null;
  #sweeping: Promise<void> = Promise.resolve();
  #running = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = true;
    this.#later(firstSweepMs);
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#timer?.cancel();
    await this.#sweeping;
  }

  #later(delayMs: number, cursor: string | null = null): void {
    if (!this.#running) return;
    this.#timer = this.#options.clock.setTimer(delayMs, () => {
      this.#sweeping = this.#batch(cursor).then(
        (next) => this.#later(next === null ? sweepEveryMs : pauseMs, next),
        (error: unknown) => {
          // What cannot be removed now is removed later; nothing depends on it.
          this.#options.onProblem(error);
          this.#later(sweepEveryMs);
        },
      );
    });
  }

  async #batch(cursor: string | null): Promise<string | null> {
    const { store, keepMs, clock, mayRun, onRecorded } = this.#options;
    if (!(await mayRun())) return null;
    const readers = await this.#options.readers();
    const now = clock.now();
    let facts: readonly NewEvent[] = [];
    const removed = await store.removeBatch(
      {
        before: now - keepMs,
        unreadBefore: now - 2 * keepMs,
        readUpTo: Math.min(Number.MAX_SAFE_INTEGER, ...readers.map(doneWith)),
        cursor,
        limit: tasksPerBatch,
      },
      (batch) => (facts = this.#gaps(batch, readers)),
    );
    onRecorded(facts, removed.firstPosition);
    return removed.cursor;
  }

  #gaps({ tasks, events, unreadUpTo, parked }: Removed, readers: readonly Reader[]): readonly NewEvent[] {
    const occurredAt = this.#options.clock.now();
    return readers.flatMap(({ name: subscriber, checkpoint }) => {
      const missed = unreadUpTo !== null && checkpoint < unreadUpTo;
      const own = parked.find((one) => one.subscriber === subscriber);
      if (!missed && own === undefined) return [];
      const payload = {
        subscriber,
        checkpoint,
        removedUpTo: Math.max(missed ? unreadUpTo : 0, own?.upTo ?? 0),
        tasks: missed ? tasks : (own?.tasks ?? 0),
        events: missed ? events : (own?.events ?? 0),
        parked: own?.events ?? 0,
      };
      return [toNewEvent({ name: 'subscriber.events_removed', occurredAt, payload }, this.#options.random)];
    });
  }
}

function doneWith({ checkpoint, replayedUpTo }: Reader): number {
  return Math.min(checkpoint, replayedUpTo ?? checkpoint);
}
