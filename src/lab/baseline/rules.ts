import type { CounterSeries } from './series.ts';

/**
 * What most teams would write first. Each is a rule of Prometheus; the test writes them so and lets promtool judge the
 * same series.
 */
export const baselineRules = [
  {
    name: 'ConversionLow',
    meaning: 'conversion below 80 % for 2 min',
    expr: 'sum by (namespace, task) (rate(tasker_business_conversions_total[5m])) / sum by (namespace, task) (rate(tasker_business_tasks_started_total[5m])) < 0.8',
    forSeconds: 120,
  },
  {
    name: 'StepSlow',
    meaning: 'average duration of a step over 30 s for 5 min',
    expr: 'sum by (namespace, task, step) (rate(tasker_step_duration_seconds_sum[5m])) / sum by (namespace, task, step) (rate(tasker_step_duration_seconds_count[5m])) > 30',
    forSeconds: 300,
  },
  {
    name: 'PremiumFailed',
    meaning: 'any failure of a premium customer in 5 min',
    expr: 'sum by (namespace, task) (increase(lab_premium_failures_total[5m])) > 0',
    forSeconds: 0,
  },
] as const;

export type BaselineRule = (typeof baselineRules)[number];

export const rangeSeconds = 300;

export interface TaskSeries {
  readonly started: CounterSeries;
  readonly completed: CounterSeries;
  readonly premiumFailed: CounterSeries;
}

export interface StepSeries {
  readonly sum: CounterSeries;
  readonly count: CounterSeries;
}

/** Whether a rule's expression has a result for these series at a moment. Divided by zero is no number, and below nothing. */
export function holds(rule: BaselineRule, series: TaskSeries & StepSeries, at: number): boolean {
  const of = (counter: CounterSeries): number => (counter.increase(at, rangeSeconds) ?? Number.NaN) / rangeSeconds;
  switch (rule.name) {
    case 'ConversionLow':
      return of(series.completed) / of(series.started) < 0.8;
    case 'StepSlow':
      return of(series.sum) / of(series.count) > 30;
    case 'PremiumFailed':
      return (series.premiumFailed.increase(at, rangeSeconds) ?? 0) > 0;
  }
}
