import type { JsonValue } from '../../shared/json.ts';

interface Slice {
  count: number;
  failed: number;
  sum: number;
}

/** Count, failures and sum of the last so many milliseconds, by event time, in slices: what ages falls off by slices. */
export class SlidingStats {
  readonly #windowMs: number;
  readonly #sliceMs: number;
  readonly #slices = new Map<number, Slice>();

  constructor(windowMs: number, slices = 30) {
    this.#windowMs = windowMs;
    this.#sliceMs = windowMs / slices;
  }

  add(atMs: number, value: number, failed: boolean): void {
    const index = Math.floor(atMs / this.#sliceMs);
    const slice = this.#slices.get(index) ?? { count: 0, failed: 0, sum: 0 };
    slice.count += 1;
    slice.failed += failed ? 1 : 0;
    slice.sum += value;
    this.#slices.set(index, slice);
    this.#forget(atMs);
  }

  /** Of what lies within the window before `nowMs`. */
  at(nowMs: number): Readonly<Slice> {
    const total = { count: 0, failed: 0, sum: 0 };
    for (const [index, { count, failed, sum }] of this.#slices) {
      if ((index + 1) * this.#sliceMs <= nowMs - this.#windowMs) continue;
      total.count += count;
      total.failed += failed;
      total.sum += sum;
    }
    return total;
  }

  encode(): JsonValue {
    return [...this.#slices].map(([index, { count, failed, sum }]) => [index, count, failed, sum]);
  }

  restore(stored: JsonValue): void {
    for (const [index, count, failed, sum] of stored as [number, number, number, number][])
      this.#slices.set(index, { count, failed, sum });
  }

  #forget(nowMs: number): void {
    for (const index of this.#slices.keys())
      if ((index + 1) * this.#sliceMs <= nowMs - this.#windowMs) this.#slices.delete(index);
  }
}
