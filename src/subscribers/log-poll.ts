import type { EventLog } from '../log/event-log.ts';
import type { Clock, Timer } from '../shared/clock.ts';

const pollIntervalMs = 100;

export interface LogPollOptions {
  /** Whether anybody here follows the log at the moment. */
  readonly wanted: () => boolean;
  readonly onGrown: () => void;
}

/** Notices that the log has grown, also by what other processes committed: of those nobody here is told. */
export class LogPoll {
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #options: LogPollOptions;
  #seen = -1;
  #timer: Timer | null = null;
  #started = false;

  constructor(log: EventLog, clock: Clock, options: LogPollOptions) {
    this.#log = log;
    this.#clock = clock;
    this.#options = options;
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
    if (!this.#options.wanted()) return;
    let last: number;
    try {
      last = await this.#log.lastPosition();
    } catch {
      // Whoever reads the log finds the same trouble, and tells of it.
      return;
    }
    if (last === this.#seen) return;
    this.#seen = last;
    this.#options.onGrown();
  }
}
