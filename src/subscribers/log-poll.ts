import type { EventLog } from '../log/event-log.ts';
import type { Clock, Timer } from '../shared/clock.ts';

const pollIntervalMs = 100;

/** Notices that the log has grown, also by what other processes committed: of those nobody here is told. */
export class LogPoll {
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #onGrown: () => void;
  #seen = -1;
  #timer: Timer | null = null;
  #started = false;

  constructor(log: EventLog, clock: Clock, onGrown: () => void) {
    this.#log = log;
    this.#clock = clock;
    this.#onGrown = onGrown;
  }

  start(): void {
    this.#started = true;
    this.#later();
  }

  stop(): void {
    this.#started = false;
    this.#timer?.cancel();
  }

  #later(): void {
    if (!this.#started) return;
    this.#timer = this.#clock.setTimer(pollIntervalMs, () => void this.#look().finally(() => this.#later()));
  }

  async #look(): Promise<void> {
    let last: number;
    try {
      last = await this.#log.lastPosition();
    } catch {
      // Whoever reads the log finds the same trouble, and tells of it.
      return;
    }
    if (last === this.#seen) return;
    this.#seen = last;
    this.#onGrown();
  }
}
