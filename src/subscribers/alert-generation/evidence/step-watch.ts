import type { JsonValue } from '../../../shared/json.ts';
import { AttemptRing, type ClassifiedError, failed, type Observed, slow, stalled } from './attempt-ring.ts';
import { type Crossing, CustomerRates } from './customer-rates.ts';
import { LogHistogram } from './log-histogram.ts';
import type { RateRule } from './rate-watch.ts';

/** An attempt that gives no sign of life, until it ends. */
export interface SilentAttempt {
  readonly task: string;
  readonly beganMs: number;
  readonly silentSinceMs: number;
  readonly stallMs: number;
  readonly group: number;
}

/** What is asked of each kind of trouble before it counts. */
export interface StepRules {
  readonly failed: RateRule;
  readonly stalled: RateRule;
  readonly slow: RateRule;
}

export interface AttemptEnd {
  readonly task: string;
  readonly attempt: number;
  readonly beganMs: number;
  readonly durationMs: number;
  /** For how long of that its worker's event loop was blocked: that is the worker's trouble. */
  readonly blockedMs: number;
  readonly group: number;
  readonly values: readonly string[];
  /** null: it succeeded. */
  readonly failure: ClassifiedError | null;
}

/** How an attempt is seen by an incident of its step. */
export interface Seen {
  readonly beganMs: number;
  readonly group: number;
  /** Sum of `failed`, `stalled` and `slow`. */
  readonly what: number;
}

/** Too few runs are no past. */
const leastPast = 200;
/** What takes so much longer than 95 of a hundred of the past is slow. */
const slowFactor = 1.2;
const mostSilent = 10_000;

/** What is known of one step of one kind of task: how its attempts have been, and how they are. */
export class StepWatch {
  readonly #rates = { failed: new CustomerRates(), stalled: new CustomerRates(), slow: new CustomerRates() };
  readonly ring = new AttemptRing();
  readonly #durations = new LogHistogram();
  #usual95: number | null = null;
  /** Attempts that began before are another incident's. */
  #fromMs = 0;
  /** By task and attempt. */
  readonly #silent = new Map<string, SilentAttempt>();

  /** An attempt gives no sign of life. */
  stalled(
    attempt: Omit<AttemptEnd, 'failure' | 'blockedMs'> & {
      readonly silentMs: number;
      readonly atMs: number;
      readonly stallMs: number;
    },
    rules: StepRules,
  ): Seen {
    const { task, beganMs, durationMs, group, values, silentMs, atMs, stallMs } = attempt;
    if (this.#silent.size < mostSilent) {
      const silentSinceMs = atMs - silentMs;
      this.#silent.set(`${task}:${attempt.attempt}`, { task, beganMs, silentSinceMs, stallMs, group });
    }
    if (beganMs < this.#fromMs) return { beganMs, group, what: stalled };
    this.#rates.stalled.add(true, beganMs, values, rules.stalled);
    this.ring.add({ beganMs, group, what: stalled, durationMs, task, failure: null });
    return { beganMs, group, what: stalled };
  }

  /** An attempt has ended. */
  ended(attempt: AttemptEnd, rules: StepRules): Seen {
    const { task, beganMs, blockedMs, group, values, failure } = attempt;
    const durationMs = Math.max(0, attempt.durationMs - blockedMs);
    const isFailed = failure !== null;
    const wasSilent = this.#silent.delete(`${task}:${attempt.attempt}`);
    if (beganMs < this.#fromMs) return { beganMs, group, what: (isFailed ? failed : 0) + (wasSilent ? stalled : 0) };
    this.#rates.failed.add(isFailed, beganMs, values, rules.failed);
    if (!wasSilent) this.#rates.stalled.add(false, beganMs, values, rules.stalled);
    const isSlow = !isFailed && this.#isSlow(durationMs, beganMs, values, rules.slow, blockedMs === 0);
    const what = (isFailed ? failed : 0) + (isSlow ? slow : 0);
    const isHit = what > 0 || wasSilent;
    // A silent one stands in the ring already; how it ended is said beside it.
    if (!wasSilent || isFailed) {
      this.ring.add({ beganMs, group, what, durationMs, task: isHit ? task : '', failure });
    }
    return { beganMs, group, what: what + (wasSilent ? stalled : 0) };
  }

  /** Not judged: it was called off, or lost with its worker. */
  left(task: string, attempt: number): void {
    this.#silent.delete(`${task}:${attempt}`);
  }

  crossing(kind: keyof StepRules, rules: StepRules): Crossing | null {
    return this.#rates[kind].crossing(rules[kind]);
  }

  usual(kind: keyof StepRules, rules: StepRules): number {
    return this.#rates[kind].usual(rules[kind]);
  }

  /** Those that have been silent for so many stall limits; those of an incident that is over were told with it. */
  silentFor(factor: number, nowMs: number): readonly SilentAttempt[] {
    return [...this.#silent.values()].filter(
      ({ beganMs, silentSinceMs, stallMs }) => beganMs >= this.#fromMs && nowMs - silentSinceMs >= factor * stallMs,
    );
  }

  get silent(): number {
    return this.#silent.size;
  }

  /** The usual duration of a successful attempt, milliseconds; null while there is none. */
  get medianMs(): number | null {
    return this.#durations.quantile(0.5);
  }

  /** Trouble is over: what begins from here on is judged afresh, and what began before no more. */
  startOver(atMs: number): void {
    this.#fromMs = atMs;
    for (const rates of Object.values(this.#rates)) rates.clear();
  }

  encode(): JsonValue {
    return {
      rates: [this.#rates.failed.encode(), this.#rates.stalled.encode(), this.#rates.slow.encode()],
      attempts: this.ring.encode(),
      durations: this.#durations.encode(),
      // Found anew, it would be another one: it is taken of the past now and then alone.
      usual95: this.#usual95,
      from: this.#fromMs,
      silent: [...this.#silent].map(([key, { task, beganMs, silentSinceMs, stallMs, group }]) => [
        key,
        task,
        beganMs,
        silentSinceMs,
        stallMs,
        group,
      ]),
    };
  }

  /** `sameFields`: false when groups of customers mean nothing any more. */
  restore(stored: JsonValue, sameFields: boolean): void {
    const { rates, attempts, durations, usual95, from, silent } = stored as unknown as {
      rates: [JsonValue, JsonValue, JsonValue];
      /** States of earlier releases have neither these nor `usual95`. */
      attempts?: JsonValue;
      durations: JsonValue;
      usual95?: number | null;
      from: number;
      silent: [string, string, number, number, number, number][];
    };
    this.#rates.failed.restore(rates[0], sameFields);
    this.#rates.stalled.restore(rates[1], sameFields);
    this.#rates.slow.restore(rates[2], sameFields);
    this.#durations.restore(durations);
    this.#fromMs = from;
    const isPast = this.#durations.count >= leastPast;
    this.#usual95 = usual95 !== undefined ? usual95 : isPast ? this.#durations.quantile(0.95) : null;
    if (sameFields) this.ring.restore(attempts ?? []);
    for (const [key, task, beganMs, silentSinceMs, stallMs, group] of silent)
      this.#silent.set(key, { task, beganMs, silentSinceMs, stallMs, group: sameFields ? group : 0 });
  }

  /** `isExact`: a block is measured from the last sign of life before it, so that what is left may be too little. */
  #isSlow(durationMs: number, beganMs: number, values: readonly string[], rule: RateRule, isExact: boolean): boolean {
    const isSlow = this.#usual95 !== null && durationMs > this.#usual95 * slowFactor;
    if (this.#usual95 !== null) this.#rates.slow.add(isSlow, beganMs, values, rule);
    // While many are slow, slowness must not become the past.
    if (isExact && this.#rates.slow.evidence < rule.evidence / 3) this.#remember(durationMs);
    return isSlow;
  }

  #remember(durationMs: number): void {
    this.#durations.add(durationMs);
    // A quantile costs more than a count, and moves slowly.
    if (this.#durations.count >= leastPast && this.#durations.count % 50 === 0)
      this.#usual95 = this.#durations.quantile(0.95);
  }
}

/** Of the attempts, those that are wrong in this way. */
export function hitsOf(attempts: readonly Observed[], what: number): readonly Observed[] {
  return attempts.filter((attempt) => (attempt.what & what) !== 0);
}
