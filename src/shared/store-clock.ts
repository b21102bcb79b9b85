import { type Clock, systemClock, type Timer } from './clock.ts';

/**
 * The time of a store elsewhere, so that workers whose own clocks are minutes apart agree. It goes on with this
 * process's monotonic clock from what was measured last: setting this machine's clock changes nothing.
 */
export class StoreClock implements Clock {
  readonly #clock: Clock;
  /** The store's time at the monotonic clock's zero; until the first measurement this machine's. */
  #zero: number;
  #measured = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#zero = clock.now() - clock.monotonicMs();
  }

  get isReal(): boolean {
    return isRealTime(this.#clock);
  }

  now(): number {
    return Math.round(this.#zero + this.#clock.monotonicMs());
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    return this.#clock.setTimer(delayMs, callback);
  }

  /** The store said `now` at some moment between the two, which are of the monotonic clock. */
  set(now: number, before: number, after: number): void {
    // A slow answer is no reason to leave what an earlier, quicker one said.
    const lowest = now - after;
    const highest = now - before;
    this.#zero = this.#measured ? Math.min(Math.max(this.#zero, lowest), highest) : (lowest + highest) / 2;
    this.#measured = true;
  }
}

/** False for time that is made up: it says nothing of the process, and no other thread shares it. */
export function isRealTime(clock: Clock): boolean {
  return clock === systemClock || (clock instanceof StoreClock && clock.isReal);
}
