import type { MetricDefinition } from '../../../signals/metric.ts';

export const alertMetrics: readonly MetricDefinition[] = [
  {
    name: 'tasker_alerts_firing',
    help: 'Incidents that are open, by the policy that speaks for them.',
    type: 'gauge',
    labelNames: ['policy', 'severity'],
  },
  {
    name: 'tasker_alerts_total',
    help: 'Incidents by what became of them: triggered, acknowledged, resolved.',
    type: 'counter',
    labelNames: ['policy', 'severity', 'state'],
  },
];
