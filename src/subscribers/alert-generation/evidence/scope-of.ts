import type { AlertScope } from '../../../signals/alert.ts';

/** An attempt as the question whom it hits sees it. */
export interface HitOrNot {
  readonly isHit: boolean;
  /** In the order of the fields. */
  readonly values: readonly string[];
}

/** Chance of finding the others this well though they were hit alike: below it, they are well. */
const byChance = 0.001;
/** A share of hits below this is nobody's trouble. */
const leastUsual = 0.03;
/** Others must be seen at all before anything is said of them. */
const fewestOthers = 3;

interface Split {
  readonly field: number;
  readonly values: readonly string[];
  readonly gain: number;
}

/**
 * Whom trouble hits, where that is not everybody: the field whose values part those who are hit from those who are well
 * best, then a second one among those. Empty: it hits everybody alike, as far as the attempts given can tell.
 */
export function scopeOf(
  attempts: readonly HitOrNot[],
  fields: readonly string[],
  usual: number,
): readonly AlertScope[] {
  const scope: AlertScope[] = [];
  let left = attempts;
  for (let round = 0; round < fields.length; round += 1) {
    const splits = fields.flatMap((_, field) => splitBy(left, field, usual) ?? []);
    const best = splits.toSorted((a, b) => b.gain - a.gain)[0];
    if (best === undefined) break;
    scope.push({ field: fields[best.field] ?? '', values: best.values });
    left = left.filter(({ values }) => best.values.includes(values[best.field] ?? ''));
  }
  return scope;
}

/** null: this field does not part them. */
function splitBy(attempts: readonly HitOrNot[], field: number, usual: number): Split | null {
  const byValue = new Map<string, { hits: number; all: number }>();
  for (const { isHit, values } of attempts) {
    const value = values[field] ?? '';
    const counts = byValue.get(value) ?? { hits: 0, all: 0 };
    counts.all += 1;
    counts.hits += isHit ? 1 : 0;
    byValue.set(value, counts);
  }
  if (byValue.size < 2) return null;
  const shares = [...byValue].map(([value, { hits, all }]) => ({ value, hits, all, share: hits / all }));
  const total = sum(shares);
  const hitShare = Math.max(...shares.filter(({ hits }) => hits > 1).map(({ share }) => share), 0);
  // A value that is hit half as often as the worst is hit; one that was seen once or twice is judged with the others.
  const inside = shares.filter(({ hits, share }) => hits > 0 && share >= Math.max(hitShare / 2, 2 * usual));
  const outside = shares.filter((one) => !inside.includes(one));
  if (inside.length === 0 || outside.length === 0 || inside.some(({ value }) => value === '')) return null;
  const hit = sum(inside);
  const well = sum(outside);
  if (well.all < fewestOthers || !isUsual(well, usual)) return null;
  if (atMost(well.hits, well.all, hit.hits / hit.all) > byChance) return null;
  const gain =
    hit.all * divergence(hit.hits / hit.all, total.hits / total.all) +
    well.all * divergence(well.hits / well.all, total.hits / total.all);
  return { field, values: inside.map(({ value }) => value).toSorted(), gain };
}

function sum(all: readonly { readonly hits: number; readonly all: number }[]) {
  return all.reduce((total, one) => ({ hits: total.hits + one.hits, all: total.all + one.all }), { hits: 0, all: 0 });
}

/** Probability of no more than so many hits of so many attempts, each hit with this probability. */
function atMost(hits: number, all: number, probability: number): number {
  const p = Math.min(0.999, Math.max(0.001, probability));
  let term = (1 - p) ** all;
  let total = term;
  for (let count = 1; count <= hits; count += 1) {
    term *= ((all - count + 1) / count) * (p / (1 - p));
    total += term;
  }
  return total;
}

/** Not hit more often than is usual, as far as chance can explain. */
function isUsual({ hits, all }: { readonly hits: number; readonly all: number }, usual: number): boolean {
  return hits === 0 || 1 - atMost(hits - 1, all, Math.max(usual, leastUsual)) > byChance;
}

/** Kullback and Leibler's, of two shares. */
function divergence(share: number, from: number): number {
  const part = (a: number, b: number): number => (a === 0 ? 0 : a * Math.log(a / Math.max(b, 1e-9)));
  return part(share, from) + part(1 - share, 1 - from);
}
