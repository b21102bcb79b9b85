import type { FaultMeasure } from './measure-fault.ts';
import { mean, quantile, shareOf } from './quantile.ts';
import type { Judged, Unexplained } from './run-result.ts';

/** All runs of a scenario together. Seconds and shares; null where there is nothing to say it of. */
export interface Totals {
  readonly faults: number;
  /** They hit nobody who showed it, and count nowhere else. */
  readonly unfelt: number;
  readonly missed: number;
  readonly detectMedian: number | null;
  readonly detectP95: number | null;
  readonly stepRight: number | null;
  readonly causeRight: number | null;
  readonly scopeRight: number | null;
  readonly stepRightLater: number | null;
  readonly causeRightLater: number | null;
  readonly scopeRightLater: number | null;
  /** Share of the truth by which what was said of money was off: median, and when measured at the moment it was said. */
  readonly moneyError: number | null;
  readonly moneyErrorWhenSaid: number | null;
  readonly incidentsPerFault: number | null;
  readonly updatesPerFault: number | null;
  readonly resolveMedian: number | null;
  readonly resolveP95: number | null;
  readonly falseAlerts: number;
  readonly facts: number;
}

export function totalsOf(all: readonly Judged[]): Totals {
  const faults = all.flatMap((one) => one.faults);
  const felt = faults.filter((one) => one.felt);
  const told = felt.filter(({ first }) => first !== null);
  const detected = felt.map(({ detectSeconds }) => detectSeconds);
  const resolved = told.map(({ resolveSeconds }) => resolveSeconds);
  const errors = told.flatMap(({ money }) => money?.error ?? []);
  return {
    faults: faults.length,
    unfelt: faults.length - felt.length,
    missed: felt.length - told.length,
    detectMedian: quantile(detected, 0.5),
    detectP95: quantile(detected, 0.95),
    ...rightness(told),
    moneyError: quantile(errors, 0.5),
    moneyErrorWhenSaid: quantile(
      told.flatMap(({ money }) => money?.errorWhenSaid ?? []),
      0.5,
    ),
    incidentsPerFault: mean(told.map(({ opened }) => opened)),
    updatesPerFault: mean(told.map(({ updates }) => updates)),
    resolveMedian: quantile(resolved, 0.5),
    resolveP95: quantile(resolved, 0.95),
    falseAlerts: count(all, 'falseAlerts'),
    facts: count(all, 'facts'),
  };
}

/** Of faults that were told of: one that was missed is counted as that, once. */
function rightness(told: readonly FaultMeasure[]) {
  return {
    stepRight: shareOf(told, ({ first }) => first?.stepRight === true),
    causeRight: shareOf(told, ({ first }) => first?.causeRight === true),
    scopeRight: shareOf(told, ({ first }) => first?.scopeRight === true),
    stepRightLater: shareOf(told, ({ later }) => later?.stepRight === true),
    causeRightLater: shareOf(told, ({ later }) => later?.causeRight === true),
    scopeRightLater: shareOf(told, ({ later }) => later?.scopeRight === true),
  };
}

function count(all: readonly Judged[], what: 'falseAlerts' | 'facts'): number {
  return all.reduce((sum, one) => sum + (one[what] satisfies readonly Unexplained[]).length, 0);
}
