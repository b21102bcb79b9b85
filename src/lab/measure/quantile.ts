/** Nearest rank; what never came (null) counts as later than everything. null: there is nothing, or it never came. */
export function quantile(values: readonly (number | null)[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = values.map((value) => value ?? Infinity).sort((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Infinity;
  return found === Infinity ? null : found;
}

export function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return round(values.reduce((sum, value) => sum + value, 0) / values.length);
}

/** Of those that can be judged at all; null where none can. */
export function shareOf<T>(all: readonly T[], is: (one: T) => boolean): number | null {
  if (all.length === 0) return null;
  return round(all.filter(is).length / all.length);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
