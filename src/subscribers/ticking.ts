import type { EventLog } from '../log/event-log.ts';
import type { Clock } from '../shared/clock.ts';
import type { Tick } from './built-in-abilities.ts';

interface End {
  readonly position: number;
  readonly atMs: number;
  readonly seenMs: number;
}

/** What was the log's end so long ago is its end no more: whoever needs longer to come there is behind. */
const endHoldsMs = 1000;

/**
 * When a tick may be called: idle → due (its time has come, and where the log ends just then is known) → ready (the log
 * is read up to there) → idle. What is appended meanwhile is not waited for, or under steady load it would never come.
 */
export class Ticking {
  readonly tick: Tick;
  readonly #clock: Clock;
  readonly #log: Pick<EventLog, 'lastPosition'>;
  #calledMs = Number.NEGATIVE_INFINITY;
  #soon = false;
  #end: End | null = null;

  constructor(tick: Tick, clock: Clock, log: Pick<EventLog, 'lastPosition'>) {
    this.tick = tick;
    this.#clock = clock;
    this.#log = log;
  }

  callSoon(): void {
    this.#soon = true;
  }

  /** How long may be slept; where it is due and not ready, something else has to happen first. */
  get restMs(): number {
    const leftMs = this.#leftMs();
    return leftMs > 0 ? leftMs : this.tick.everyMs;
  }

  /** To be called before the log is read on. */
  async look(): Promise<void> {
    if (this.#leftMs() > 0 || (this.#end !== null && this.#holds(this.#end))) return;
    const atMs = this.#clock.now();
    const seenMs = this.#clock.monotonicMs();
    this.#end = { position: await this.#log.lastPosition(), atMs, seenMs };
  }

  /** The moment as of which the log is read to its end, if the tick is to be called now; it then counts as called. */
  take(position: number): number | null {
    const end = this.#end;
    if (end === null || position < end.position || !this.#holds(end)) return null;
    this.#end = null;
    this.#soon = false;
    this.#calledMs = this.#clock.monotonicMs();
    return end.atMs;
  }

  #leftMs(): number {
    return this.#soon ? 0 : this.#calledMs + this.tick.everyMs - this.#clock.monotonicMs();
  }

  #holds({ seenMs }: End): boolean {
    return this.#clock.monotonicMs() - seenMs <= Math.max(endHoldsMs, this.tick.everyMs);
  }
}
