import { TaskerError } from './shared/errors.ts';
import type { JsonObject } from './shared/json.ts';
import type { TaskAlerting } from './subscribers/alert-generation/policies/alerted-task.ts';
import type { DeclaredMetric, MonitoredStep, MonitoredTask } from './subscribers/metrics/monitored-tasks.ts';
import { impliedFields, tracksRevenue } from './tasks/implied-context.ts';
import { labelName } from './tasks/label-name.ts';
import type { MetricInput, StepMetricsInput, TaskConfigInput, TaskMetricsInput } from './tasks/task-definition.ts';
import { fullTaskName, type StepTemplate, type TaskTemplate } from './tasks/template.ts';

/**
 * What templates say about how their tasks are watched.
 *
 * @throws TaskerError `TASKER_CONFIG_INVALID` when two of them declare one metric differently.
 */
export function monitoredTasks(templates: readonly TaskTemplate[]): readonly MonitoredTask[] {
  const tasks = templates.map((template) => monitoredTask(template));
  requireOneMeaning(tasks, templates);
  return tasks;
}

function monitoredTask(template: TaskTemplate): MonitoredTask {
  const metrics = template.businessMetrics as TaskMetricsInput;
  const tier = metrics.customer_tier_tracking === true ? [impliedFields.tier] : [];
  return {
    namespace: template.namespace,
    task: template.name,
    version: template.version,
    hasSla: template.monitoring.slaMs !== null,
    tracksConversion: metrics.track_conversion === true,
    revenue: tracksRevenue(metrics)
      ? {
          value: metrics.value ?? impliedFields.value,
          unit: metrics.value_unit ?? 'minor',
          currency: metrics.currency ?? impliedFields.currency,
        }
      : null,
    labels: Object.fromEntries([...(metrics.labels ?? []), ...tier].map((field) => [labelName(field), field])),
    metrics: declared(metrics),
    steps: template.steps.map((step) => monitoredStep(step, template.handlerConfig)),
    alerting: taskAlerting(template),
  };
}

function taskAlerting({ monitoring, handlerConfig }: TaskTemplate): TaskAlerting {
  const { criticalWorkflow: critical, alertOnFailure: onFailure } = monitoring;
  const { monitoring: written } = handlerConfig as Pick<TaskConfigInput, 'monitoring'>;
  const { labels = {}, runbook_url: runbookUrl = null, alerts: policies = [] } = written ?? {};
  return { critical, onFailure, labels, runbookUrl, policies };
}

function monitoredStep(
  { name, handlerConfig, dependentSystem: system, stallMs }: StepTemplate,
  ofTask: JsonObject,
): MonitoredStep {
  const { business_metrics: metrics } = handlerConfig as { readonly business_metrics?: StepMetricsInput };
  return {
    name,
    system,
    stallMs,
    bottleneckMs: bottleneckMs(handlerConfig, ofTask),
    metrics: declared(metrics ?? {}),
  };
}

/** The step's own limit, else that of its task. */
function bottleneckMs(ofStep: JsonObject, ofTask: JsonObject): number | null {
  for (const config of [ofStep, ofTask]) {
    const { monitoring } = config as { readonly monitoring?: { readonly bottleneck_seconds?: number } };
    if (monitoring?.bottleneck_seconds !== undefined) return monitoring.bottleneck_seconds * 1000;
  }
  return null;
}

function declared({ counters = [], histograms = [] }: StepMetricsInput): readonly DeclaredMetric[] {
  const all = (type: DeclaredMetric['type'], metrics: readonly MetricInput[]): DeclaredMetric[] =>
    metrics.map(({ name, value = null, labels = {}, on = 'completed' }) => ({ name, type, value, labels, on }));
  return [...all('counter', counters), ...all('histogram', histograms)];
}

/** One name with another type or other labels would be two metrics that nobody can tell apart. */
function requireOneMeaning(tasks: readonly MonitoredTask[], templates: readonly TaskTemplate[]): void {
  const seen = new Map<string, { readonly shape: string; readonly by: string }>();
  for (const [index, { metrics, steps }] of tasks.entries()) {
    const by = templates[index] === undefined ? '' : fullTaskName(templates[index]);
    for (const { name, type, labels } of [...metrics, ...steps.flatMap((step) => step.metrics)]) {
      // OpenMetrics knows a counter without its suffix.
      const family = name.replace(/_total$/, '');
      const shape = `a ${type} with labels ${Object.keys(labels).toSorted().join(', ') || 'none'}`;
      const before = seen.get(family);
      if (before !== undefined && before.shape !== shape)
        throw new TaskerError(
          'TASKER_CONFIG_INVALID',
          `The metric '${name}' is ${before.shape} in ${before.by}, and ${shape} in ${by}. Give one of them another name.`,
          { details: { metric: name } },
        );
      seen.set(family, { shape, by });
    }
  }
}
