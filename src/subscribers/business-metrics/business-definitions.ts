import type { MetricDefinition } from '../../signals/metric.ts';
import type { DeclaredMetric, MonitoredTask } from '../metrics/monitored-tasks.ts';

export const businessMetricNames = {
  started: 'tasker_business_tasks_started_total',
  conversions: 'tasker_business_conversions_total',
  processed: 'tasker_business_revenue_processed_minor_units_total',
  lost: 'tasker_business_revenue_lost_minor_units_total',
  regained: 'tasker_business_revenue_regained_minor_units_total',
  atRisk: 'tasker_business_revenue_at_risk_minor_units',
  unvalued: 'tasker_business_values_refused_total',
  failures: 'tasker_business_step_failures_total',
  bottlenecks: 'tasker_business_bottlenecks_total',
} as const;

const task = ['namespace', 'task'] as const;

export interface BusinessDefinitions {
  readonly definitions: readonly MetricDefinition[];
  /** Names of labels of the `<business>` kind, of all templates: one that a template does not name is empty there. */
  readonly businessLabels: readonly string[];
}

/** The metrics of all templates together: those that are always there, and those that templates declare. */
export function businessDefinitions(tasks: readonly MonitoredTask[]): BusinessDefinitions {
  const businessLabels = [...new Set(tasks.flatMap(({ labels }) => Object.keys(labels)))].toSorted();
  const named = [...task, ...businessLabels];
  const money = [...task, 'currency', ...businessLabels];
  const declared = new Map<string, MetricDefinition>();
  for (const one of tasks.flatMap(({ metrics, steps }) => [...metrics, ...steps.flatMap((step) => step.metrics)])) {
    if (!declared.has(one.name)) declared.set(one.name, declaredDefinition(one));
  }
  const names = businessMetricNames;
  return {
    businessLabels,
    definitions: [
      { name: names.started, help: 'Tasks that were created; each counts once.', type: 'counter', labelNames: named },
      { name: names.conversions, help: 'Tasks that completed; each counts once.', type: 'counter', labelNames: named },
      { name: names.processed, help: 'Value of tasks that completed.', type: 'counter', labelNames: money },
      {
        name: names.lost,
        help: 'Value of tasks that ended in error or were cancelled; once, and again only after it was regained.',
        type: 'counter',
        labelNames: money,
      },
      {
        name: names.regained,
        help: 'Value that was counted as lost and whose task then completed or was resolved.',
        type: 'counter',
        labelNames: money,
      },
      {
        name: names.atRisk,
        help: 'Value of open tasks that failed an attempt, breached an SLA or stalled.',
        type: 'gauge',
        labelNames: money,
      },
      {
        name: names.unvalued,
        help: 'Tasks whose value is no amount of money, or below zero, and counts nowhere.',
        type: 'counter',
        labelNames: task,
      },
      {
        name: names.failures,
        help: 'Attempts that failed, by step and type of error.',
        type: 'counter',
        labelNames: [...task, 'step', 'error_type'],
      },
      {
        name: names.bottlenecks,
        help: 'Attempts slower than the step\u2019s bottleneck_seconds, or than twice its own p95 of the last hour.',
        type: 'counter',
        labelNames: [...task, 'step', 'than'],
      },
      ...declared.values(),
    ],
  };
}

export function declaredDefinition({ name, type, labels, on }: DeclaredMetric): MetricDefinition {
  return {
    name,
    type,
    help: `Declared in a template, ${on === 'attempt' ? 'for each attempt' : `when ${on}`}.`,
    labelNames: [...task, ...Object.keys(labels).toSorted()],
    ...(type === 'histogram' && { buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] }),
  };
}
