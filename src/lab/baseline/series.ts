export interface Sample {
  /** Seconds. */
  readonly at: number;
  readonly value: number;
}

/**
 * A counter as Prometheus keeps it: samples at the moments of its scrapes, as far back as the rules look. It is there
 * with 0 from the first scrape on, which is kinder than a real one: a series that appears with its first count loses it.
 */
export class CounterSeries {
  #value = 0;
  readonly #samples: Sample[] = [];
  readonly #keptSeconds: number;

  constructor(keptSeconds: number) {
    this.#keptSeconds = keptSeconds;
  }

  add(amount: number): void {
    this.#value += amount;
  }

  scrape(at: number): void {
    this.#samples.push({ at, value: this.#value });
    while ((this.#samples[0]?.at ?? at) < at - this.#keptSeconds) this.#samples.shift();
  }

  /** null: fewer than two samples in the range. */
  increase(at: number, rangeSeconds: number): number | null {
    return increase(this.#samples, at, rangeSeconds);
  }
}

/**
 * Prometheus' `increase()` of a counter that is never reset, after `extrapolatedRate` of its promql/functions.go: the
 * difference of the first and last sample in the range, extrapolated to the range's ends where these are near, and never
 * below zero at its beginning. `rate()` is this over the range.
 */
export function increase(samples: readonly Sample[], at: number, rangeSeconds: number): number | null {
  const start = at - rangeSeconds;
  const within = samples.filter((sample) => sample.at >= start && sample.at <= at);
  const [first] = within;
  const last = within.at(-1);
  if (first === undefined || last === undefined || within.length < 2) return null;
  const difference = last.value - first.value;
  const sampled = last.at - first.at;
  const between = sampled / (within.length - 1);
  let toStart = first.at - start;
  if (difference > 0 && first.value >= 0) toStart = Math.min(toStart, sampled * (first.value / difference));
  const toEnd = at - last.at;
  const near = between * 1.1;
  const covered = sampled + (toStart < near ? toStart : between / 2) + (toEnd < near ? toEnd : between / 2);
  return difference * (covered / sampled);
}
