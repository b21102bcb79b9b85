import type { Clock, Timer } from '../../shared/clock.ts';
import type { Queries } from './connection.ts';

/**
 * The database's time, so that workers whose own clocks are minutes apart agree. It goes on with this process's
 * monotonic clock from what was measured last: setting this machine's clock changes nothing.
 */
export class StoreClock implements Clock {
  readonly #clock: Clock;
  /** The database's time at the monotonic clock's zero; until the first measurement this machine's. */
  #zero: number;
  #measured = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#zero = clock.now() - clock.monotonicMs();
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

  /** Asks the database; as exact as the answer is quick. */
  async measure(queries: Queries): Promise<void> {
    const before = this.#clock.monotonicMs();
    const [row] = await queries.rows<{ readonly now: number }>(
      'select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now',
    );
    if (row !== undefined) this.set(row.now, before, this.#clock.monotonicMs());
  }

  /** The database said `now` at some moment between the two, which are of the monotonic clock. */
  set(now: number, before: number, after: number): void {
    // A slow answer is no reason to leave what an earlier, quicker one said.
    const lowest = now - after;
    const highest = now - before;
    this.#zero = this.#measured ? Math.min(Math.max(this.#zero, lowest), highest) : (lowest + highest) / 2;
    this.#measured = true;
  }
}
