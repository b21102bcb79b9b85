/**
 * The candidate that `word` was most likely meant to be, or undefined when none is close. Case, `_` and `-` do not
 * count, because writing `timeoutSeconds` for `timeout_seconds` is the commonest slip of all.
 */
export function nearestName(word: string, candidates: Iterable<string>, maxDistance?: number): string | undefined {
  const wanted = simplify(word);
  // A third of the letters: beyond that a suggestion misleads more often than it helps. One letter must stay.
  const limit = maxDistance ?? Math.min(3, Math.max(1, Math.floor(wanted.length / 3)), wanted.length - 1);
  let best: { name: string; distance: number } | undefined;
  for (const name of candidates) {
    const candidate = simplify(name);
    if (candidate === '' || Math.abs(candidate.length - wanted.length) > limit) continue;
    const distance = editDistance(wanted, candidate);
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { name, distance };
  }
  return best?.name;
}

/** `; did you mean 'x'?`, or nothing: the tail of a message about a name that is not known. */
export function suggestion(word: string, candidates: Iterable<string>): string {
  const near = nearestName(word, candidates);
  return near === undefined ? '' : `; did you mean '${near}'?`;
}

// The comparison is quadratic in length, and names from outside have no limit.
const comparedLength = 128;

function simplify(name: string): string {
  return name
    .slice(0, comparedLength)
    .toLowerCase()
    .replace(/[-_\s]/g, '');
}

/** Damerau-Levenshtein (optimal string alignment): a swap of neighbours is one slip, not two. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_unused, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? at(beforeLast, j - 2) + 1 : Infinity;
      row.push(Math.min(at(last, j) + 1, at(row, j - 1) + 1, substitution, swap));
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
