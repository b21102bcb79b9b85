import type { JsonValue } from '../../../shared/json.ts';
import { type RateRule, RateWatch } from './rate-watch.ts';

/** Values of one field beyond this are not watched one by one. */
const mostValues = 40;

/** What has crossed the evidence asked for. */
export interface Crossing {
  readonly sinceMs: number;
  /** The usual share of hits. */
  readonly usual: number;
  readonly evidence: number;
}

/**
 * One kind of trouble of one step, among everybody and among each group of customers alone: a fault that hits one
 * region of ten hides among all, and does not among its own.
 */
export class CustomerRates {
  readonly #all = new RateWatch();
  /** By field and value. */
  readonly #each = new Map<string, RateWatch>();
  readonly #seen: number[] = [];

  add(isHit: boolean, beganMs: number, values: readonly string[], rule: RateRule): void {
    this.#all.add(isHit, beganMs, rule);
    for (const [field, value] of values.entries()) {
      if (value !== '') this.#watch(field, value)?.add(isHit, beganMs, rule);
    }
  }

  /** What speaks loudest, if anything speaks loudly enough; null otherwise. */
  crossing(rule: RateRule): Crossing | null {
    // Many are asked, so more is asked of each.
    const asked = rule.evidence + Math.log(1 + this.#each.size);
    let loudest = this.#all.evidence >= rule.evidence ? this.#all : null;
    for (const watch of this.#each.values()) {
      if (watch.evidence >= asked && watch.evidence > (loudest?.evidence ?? 0)) loudest = watch;
    }
    if (loudest === null || loudest.sinceMs === null) return null;
    return { sinceMs: loudest.sinceMs, usual: loudest.usual(rule), evidence: loudest.evidence };
  }

  /** Among everybody. */
  get evidence(): number {
    return this.#all.evidence;
  }

  /** Among everybody. */
  usual(rule: RateRule): number {
    return this.#all.usual(rule);
  }

  clear(): void {
    for (const watch of [this.#all, ...this.#each.values()]) watch.clear();
  }

  encode(): JsonValue {
    return [this.#all.encode(), Object.fromEntries([...this.#each].map(([key, watch]) => [key, watch.encode()]))];
  }

  /** `sameFields`: false when what was kept by field means nothing any more. */
  restore(stored: JsonValue, sameFields: boolean): void {
    const [all, each] = stored as [JsonValue, Record<string, JsonValue>];
    this.#all.restore(all);
    if (!sameFields) return;
    for (const [key, watch] of Object.entries(each)) {
      const [field = '', ...value] = key.split('\u0000');
      this.#watch(Number(field), value.join('\u0000'))?.restore(watch);
    }
  }

  #watch(field: number, value: string): RateWatch | null {
    const key = `${field}\u0000${value}`;
    let watch = this.#each.get(key);
    if (watch === undefined) {
      const seen = this.#seen[field] ?? 0;
      if (seen >= mostValues) return null;
      this.#seen[field] = seen + 1;
      watch = new RateWatch();
      this.#each.set(key, watch);
    }
    return watch;
  }
}
