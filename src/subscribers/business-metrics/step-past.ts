import type { JsonValue } from '../../shared/json.ts';

const sliceMs = 300_000;
const slices = 12;
const leastRuns = 30;
/** Each bucket is a tenth wider than the one before: a quantile is right to within a tenth. */
const growth = 1.1;

/** How long a step\u2019s successful attempts have taken in the last hour, by event time: for its own p95. */
export class StepPast {
  readonly #slices = new Map<number, Map<number, number>>();

  add(atMs: number, durationMs: number): void {
    const index = Math.floor(atMs / sliceMs);
    let slice = this.#slices.get(index);
    if (slice === undefined) {
      slice = new Map();
      this.#slices.set(index, slice);
      for (const old of this.#slices.keys()) if (old <= index - slices) this.#slices.delete(old);
    }
    const bucket = Math.ceil(Math.log(Math.max(durationMs, 1)) / Math.log(growth));
    slice.set(bucket, (slice.get(bucket) ?? 0) + 1);
  }

  /** null with fewer than 30 runs: too few to be called a past. */
  p95Ms(): number | null {
    const counts = new Map<number, number>();
    let runs = 0;
    for (const slice of this.#slices.values()) {
      for (const [bucket, count] of slice) {
        counts.set(bucket, (counts.get(bucket) ?? 0) + count);
        runs += count;
      }
    }
    if (runs < leastRuns) return null;
    let left = Math.ceil(runs * 0.95);
    for (const bucket of [...counts.keys()].toSorted((a, b) => a - b)) {
      left -= counts.get(bucket) ?? 0;
      if (left <= 0) return growth ** bucket;
    }
    return null;
  }

  encode(): JsonValue {
    return [...this.#slices].map(([index, slice]) => [index, [...slice]]);
  }

  restore(stored: JsonValue): void {
    for (const [index, slice] of stored as [number, [number, number][]][]) this.#slices.set(index, new Map(slice));
  }
}
