// The metric reference as Markdown, from the definitions alone: the generator writes it, a test compares it.
import { standingMetrics } from '../src/gather-metrics.ts';
import type { MetricDefinition } from '../src/signals/metric.ts';
import { alertMetrics } from '../src/subscribers/alert-generation/incidents/alert-metrics.ts';
import { businessDefinitions } from '../src/subscribers/business-metrics/business-definitions.ts';
import { performanceMetrics, windowMetrics } from '../src/subscribers/performance-monitoring/performance-metrics.ts';

export function renderMetricReference(): string {
  const parts = [
    '# Metrics',
    '<!-- Made by `npm run docs` from src/. Do not edit. -->',
    'What `/metrics` of the [operations listener](../metrics.md) shows. Those that follow from the log are a projection of it: they survive a restart, never count twice, and equal what the store says. `<business>` stands for the labels that templates name under `business_metrics.labels`, of all templates together; one that a template does not name is empty there.',
    table('Every task', 'From recorded events, by `PerformanceMonitoring`.', performanceMetrics),
    table('Windows', 'Of the last `telemetry.metrics.windowSeconds`.', windowMetrics),
    table(
      'Business',
      'From recorded events and what templates say under `business_metrics`, by `BusinessMetrics`.',
      businessDefinitions([
        {
          namespace: '',
          task: '',
          version: '',
          hasSla: false,
          tracksConversion: true,
          revenue: null,
          labels: { '<business>': '' },
          metrics: [],
          steps: [],
          alerting: { critical: false, onFailure: false, labels: {}, runbookUrl: null, policies: [] },
        },
      ]).definitions.map((one) => ({ ...one, labelNames: one.labelNames.map(asBusiness) })),
    ),
    'Beside these come the counters and histograms that templates declare, each with `namespace`, `task` and its own labels, and `tasker_metric_series_overflow_total` (counter; `metric`): updates of series beyond `telemetry.metrics.seriesLimit`, which went into one series for all of them, labelled `__overflow__`.',
    table('Alerts', 'From what is recorded of incidents; where anything asks for alerts.', alertMetrics),
    table('This process', 'As it stands at the moment of the scrape.', standingMetrics),
    'And `process_*` and `nodejs_*` as prom-client names them: CPU, memory, event-loop lag, garbage collection.',
  ];
  return `${parts.join('\n\n')}\n`;
}

function asBusiness(label: string): string {
  return label;
}

function table(heading: string, introduction: string, definitions: readonly MetricDefinition[]): string {
  const rows = definitions.map(
    ({ name, type, labelNames, help }) =>
      `| \`${name}\` | ${type} | ${labelNames.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  );
  return [
    `## ${heading}`,
    '',
    introduction,
    '',
    '| metric | type | labels | what |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
