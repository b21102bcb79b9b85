import type { JsonValue } from '../../shared/json.ts';
import type { Seen } from './step-watch.ts';

/** As likely by chance as one in a million: a fault that hits half of the attempts must not seem over every minute. */
const evidenceOfHealth = 14;
/** Trouble hits at least so many, and never quite all, as far as can be known. */
const [leastHit, mostHit] = [0.1, 0.9];
const leastQuietMs = 5000;
/** Nothing of it has been seen for as long as this: it is over, however few attempts there are. */
const forgottenAfterMs = 3_600_000;

/**
 * Whether attempts are well again, judged by when they began: those that hang since before end long after it is over,
 * and say nothing of what is now. Each good one counts for how unlikely it would be if trouble went on.
 */
export class Recovery {
  #hits = 0;
  #all = 0;
  #lastHitMs = 0;
  /** When the first of the good ones in a row began; null: there is none. */
  #goodSinceMs: number | null = null;
  #evidence = 0;
  #lastSeenMs = 0;

  seen({ isHit, beganMs }: Seen): void {
    this.#lastSeenMs = Math.max(this.#lastSeenMs, beganMs);
    if (isHit) {
      this.#all += 1;
      this.#hits += 1;
      this.#lastHitMs = Math.max(this.#lastHitMs, beganMs);
      if (this.#goodSinceMs === null || beganMs < this.#goodSinceMs) return;
      this.#goodSinceMs = null;
      this.#evidence = 0;
      return;
    }
    if (beganMs <= this.#lastHitMs) {
      this.#all += 1;
      return;
    }
    this.#goodSinceMs ??= beganMs;
    const share = Math.min(mostHit, Math.max(leastHit, this.#all === 0 ? leastHit : this.#hits / this.#all));
    this.#evidence -= Math.log(1 - share);
  }

  isOver(nowMs: number): boolean {
    const quietMs = nowMs - this.#lastHitMs;
    if (quietMs < leastQuietMs) return false;
    return this.#evidence >= evidenceOfHealth || (this.#goodSinceMs !== null && quietMs >= forgottenAfterMs);
  }

  encode(): JsonValue {
    return [this.#hits, this.#all, this.#lastHitMs, this.#goodSinceMs, this.#evidence, this.#lastSeenMs];
  }

  restore(stored: JsonValue): void {
    [this.#hits, this.#all, this.#lastHitMs, this.#goodSinceMs, this.#evidence, this.#lastSeenMs] = stored as [
      number,
      number,
      number,
      number | null,
      number,
      number,
    ];
  }
}
