import type { JsonValue } from '../../../shared/json.ts';

/** What counts as usual, and what as trouble, for one kind of thing that may happen to an attempt. */
export interface RateRule {
  /** Shares of hits below this are nothing to speak of, whatever the past was like. */
  readonly floor: number;
  /** The share of hits that is trouble, where the past is better. */
  readonly trouble: number;
  /** The evidence at which it counts; what is learnt as past stops well before. */
  readonly evidence: number;
  /** The most that anybody asks for, if others ask for more. */
  readonly mostAsked?: number;
}

const priorAttempts = 20;
const forgetAt = 20_000;
/** Beyond this part of the evidence asked for, what happens is no longer taken for the past. */
const learnBelow = 1 / 3;
const mostOfEvidence = 4;

/**
 * Whether something happens more often than it used to: Page's cumulative sum of Wald's likelihood ratios between the
 * usual share of hits and one that would be trouble (E. S. Page, Continuous inspection schemes, Biometrika 1954). Few
 * attempts are enough where nearly all are hit, and a rare hit is forgotten by those that are not. The usual is twice
 * the share of the past, which is learnt by number of attempts, so that it needs no tuning for slow or busy steps.
 */
export class RateWatch {
  #attempts = 0;
  #hits = 0;
  #evidence = 0;
  #sinceMs: number | null = null;

  /** Natural logarithm of how much likelier trouble is than the usual. */
  get evidence(): number {
    return this.#evidence;
  }

  /** When the first attempt began that speaks for trouble; null while nothing does. */
  get sinceMs(): number | null {
    return this.#sinceMs;
  }

  /** The share of hits that is usual. */
  usual({ floor }: RateRule): number {
    const past = (this.#hits + floor * priorAttempts) / (this.#attempts + priorAttempts);
    return Math.min(0.45, Math.max(floor, 2 * past));
  }

  add(isHit: boolean, beganMs: number, rule: RateRule): void {
    const usual = this.usual(rule);
    const trouble = Math.min(0.95, Math.max(rule.trouble, 4 * usual));
    const step = isHit ? Math.log(trouble / usual) : Math.log((1 - trouble) / (1 - usual));
    const most = (rule.mostAsked ?? rule.evidence) * mostOfEvidence;
    this.#evidence = Math.min(most, Math.max(0, this.#evidence + step));
    if (this.#evidence === 0) this.#sinceMs = null;
    else if (isHit) this.#sinceMs = Math.min(beganMs, this.#sinceMs ?? beganMs);
    if (this.#evidence < rule.evidence * learnBelow) this.#learn(isHit);
  }

  /** It is over: what comes now is judged afresh. */
  clear(): void {
    this.#evidence = 0;
    this.#sinceMs = null;
  }

  encode(): JsonValue {
    return [this.#attempts, this.#hits, this.#evidence, this.#sinceMs];
  }

  restore(stored: JsonValue): void {
    [this.#attempts, this.#hits, this.#evidence, this.#sinceMs] = stored as [number, number, number, number | null];
  }

  #learn(isHit: boolean): void {
    this.#attempts += 1;
    this.#hits += isHit ? 1 : 0;
    if (this.#attempts <= forgetAt) return;
    this.#attempts /= 2;
    this.#hits /= 2;
  }
}
