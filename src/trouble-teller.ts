import type { Clock } from './shared/clock.ts';
import { errorMessage, isTaskerError } from './shared/errors.ts';

/** Trouble of the storage's own, which meets everybody who uses it and goes on until somebody ends it. */
const lasting: ReadonlySet<string> = new Set(['TASKER_STORAGE_UNAVAILABLE', 'TASKER_STORAGE_FULL']);

/** Longer than it takes to find out that no connection can be made: until then it may be the same outage still. */
const quietMs = 15_000;

/** Tells whoever runs the process of what no caller waits for: of an outage of the storage once, however many meet it. */
export class TroubleTeller {
  readonly #clock: Clock;
  readonly #warn: (message: string) => void;
  /** When each kind was met last, by the monotonic clock. */
  readonly #metMs = new Map<string, number>();

  constructor(clock: Clock, warn: (message: string) => void) {
    this.#clock = clock;
    this.#warn = warn;
  }

  readonly tell = (error: unknown): void => {
    if (!this.#isKnown(error)) this.#warn(errorMessage(error));
  };

  #isKnown(error: unknown): boolean {
    if (!isTaskerError(error) || !lasting.has(error.code)) return false;
    const nowMs = this.#clock.monotonicMs();
    const metMs = this.#metMs.get(error.code) ?? Number.NEGATIVE_INFINITY;
    this.#metMs.set(error.code, nowMs);
    return nowMs - metMs < quietMs;
  }
}
