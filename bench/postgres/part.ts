import type { BenchResult } from '../result.ts';
import type { Timing } from './lane.ts';

/** What one part of the benchmark adds to its result. */
export interface Part extends Pick<BenchResult, 'table' | 'figures' | 'ratios'> {
  readonly aims: readonly { readonly aim: string; readonly met: boolean }[];
}

export interface Timings extends Timing {
  readonly rounds: number;
  /** A first turn of each, which is not counted. */
  readonly firstMs: number;
  readonly open: Timing;
}
