import type { JsonValue } from '../../../shared/json.ts';

/** Each bucket is a tenth wider than the one before: a quantile is right to within a tenth. */
const growth = 1.1;
const forgetAt = 10_000;

/** Positive amounts as they have been lately, in so little room that it can be kept for every step. */
export class LogHistogram {
  readonly #buckets = new Map<number, number>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(amount: number): void {
    const bucket = Math.ceil(Math.log(Math.max(amount, 1)) / Math.log(growth));
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
    this.#count += 1;
    if (this.#count > forgetAt) this.#halve();
  }

  /** null while it is empty. `share` from 0 to 1. */
  quantile(share: number): number | null {
    if (this.#count === 0) return null;
    let left = this.#count * share;
    let last = 0;
    for (const bucket of [...this.#buckets.keys()].toSorted((a, b) => a - b)) {
      last = bucket;
      left -= this.#buckets.get(bucket) ?? 0;
      if (left <= 0) break;
    }
    return growth ** last;
  }

  encode(): JsonValue {
    return [...this.#buckets].map(([bucket, count]) => [bucket, count]);
  }

  restore(stored: JsonValue): void {
    for (const [bucket, count] of stored as [number, number][]) {
      this.#buckets.set(bucket, count);
      this.#count += count;
    }
  }

  /** What is old weighs less: by number, not by time, so that a rare step has a past too. */
  #halve(): void {
    this.#count = 0;
    for (const [bucket, count] of this.#buckets) {
      const half = Math.floor(count / 2);
      if (half === 0) this.#buckets.delete(bucket);
      else this.#buckets.set(bucket, half);
      this.#count += half;
    }
  }
}
