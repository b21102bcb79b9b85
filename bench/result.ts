export interface BenchResult {
  readonly name: string;
  /** Rows of the table: what, and its value with unit. */
  readonly table: readonly (readonly [string, string])[];
  readonly figures: Readonly<Record<string, number>>;
  readonly ratios: Readonly<Record<string, number>>;
  readonly target: string;
  readonly met: boolean;
}

/** A benchmark that cannot run before people do something: the message says what. */
export class NotReady extends Error {}

export function printResult({ table, ...result }: BenchResult): void {
  const width = Math.max(...table.map(([what]) => what.length));
  for (const [what, value] of table) console.log(`${what.padEnd(width)}  ${value}`);
  console.log(`${'target'.padEnd(width)}  ${result.target}: ${result.met ? 'met' : 'MISSED'}`);
  console.log(JSON.stringify(result));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The median of what each of one is to its neighbour in the other: what ran in the same round is compared. */
export function medianRatio(these: readonly number[], those: readonly number[]): number {
  return median(these.map((value, round) => value / (those[round] ?? Number.NaN)));
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Milliseconds of a fixed piece of work: printed beside absolute figures, so that machines and hours can be compared. */
export function calibrationMs(): number {
  const began = performance.now();
  let mixed = 1;
  for (let index = 0; index < 30_000_000; index += 1) mixed = (Math.imul(mixed, 1_664_525) + 1_013_904_223) | 0;
  if (mixed === 42) throw new Error('the loop must not be optimised away');
  return performance.now() - began;
}
