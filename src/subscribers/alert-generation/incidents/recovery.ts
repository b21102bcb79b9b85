import type { JsonValue } from '../../../shared/json.ts';

/** As likely by chance as one in a million: a fault that hits half of the attempts must not seem over every minute. */
const evidenceOfHealth = 14;
/** Trouble hits at least so many, and never quite all, as far as can be known. */
const [leastHit, mostHit] = [0.1, 0.9];
const leastMs = 5000;
/** Nothing of it has been seen for as long as this: it is over, however few attempts there are. */
const forgottenAfterMs = 3_600_000;

/**
 * Whether attempts are well again, judged by when they began: those that hang since before end long after it is over,
 * and say nothing of what is now. From the first good one on, each counts for how much likelier health is than that
 * trouble goes on; one that is hit as usual does not begin it all anew.
 */
export class Recovery {
  #hits = 0;
  #all = 0;
  #lastHitMs = 0;
  /** Since when attempts seem well; null while they do not. */
  #wellSinceMs: number | null = null;
  #evidence = 0;
  #waitMs = leastMs;

  /** What was seen of it before it was known. `showsAfterMs`: how long an attempt is hit before that is seen. */
  begin(seen: readonly { readonly beganMs: number; readonly isHit: boolean }[], showsAfterMs: number): void {
    for (const { beganMs, isHit } of seen) {
      this.#all += 1;
      if (!isHit) continue;
      this.#hits += 1;
      this.#lastHitMs = Math.max(this.#lastHitMs, beganMs);
    }
    // Good ones are seen at once, those that hang later: until then too few of them are counted.
    this.#waitMs = Math.max(this.#waitMs, showsAfterMs + leastMs);
  }

  /** `usual`: the share of hits without trouble. */
  seen(beganMs: number, isHit: boolean, usual: number): void {
    if (this.#wellSinceMs !== null && beganMs < this.#wellSinceMs) return;
    if (this.#wellSinceMs === null) {
      this.#all += 1;
      if (isHit) {
        this.#hits += 1;
        this.#lastHitMs = Math.max(this.#lastHitMs, beganMs);
      } else if (beganMs > this.#lastHitMs) this.#begin(beganMs);
      return;
    }
    const trouble = Math.max(this.#share, Math.min(mostHit, 2 * usual));
    this.#evidence += isHit ? Math.log(usual / trouble) : Math.log((1 - usual) / (1 - trouble));
    if (this.#evidence > 0) return;
    this.#wellSinceMs = null;
    this.#lastHitMs = Math.max(this.#lastHitMs, beganMs);
  }

  isOver(nowMs: number): boolean {
    if (this.#wellSinceMs === null || nowMs - this.#wellSinceMs < this.#waitMs) return false;
    return this.#evidence >= evidenceOfHealth || nowMs - this.#wellSinceMs >= forgottenAfterMs;
  }

  encode(): JsonValue {
    return [this.#hits, this.#all, this.#lastHitMs, this.#wellSinceMs, this.#evidence, this.#waitMs];
  }

  restore(stored: JsonValue): void {
    [this.#hits, this.#all, this.#lastHitMs, this.#wellSinceMs, this.#evidence, this.#waitMs] = stored as [
      number,
      number,
      number,
      number | null,
      number,
      number,
    ];
  }

  get #share(): number {
    return Math.min(mostHit, Math.max(leastHit, this.#all === 0 ? leastHit : this.#hits / this.#all));
  }

  #begin(beganMs: number): void {
    this.#wellSinceMs = beganMs;
    this.#evidence = Number.EPSILON;
  }
}
