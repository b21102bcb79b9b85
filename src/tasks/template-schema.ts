import {
  flag,
  json,
  jsonObject,
  list,
  mapOf,
  number,
  object,
  oneOf,
  seconds,
  text,
  versionText,
  webAddress,
  type Read,
  type Reader,
} from './node-readers.ts';
import { describeNode } from './template-node.ts';

/**
 * The keys of a template: Tasker's vocabulary, and what this engine knows within `handler_config`. The one place that
 * says which keys there are; `defineTask` takes the same.
 */

const customEvents = list(object({ name: text(), description: text(), schema: json }, { required: ['name'] }));

const metricShape = {
  name: text(),
  value: text(),
  labels: mapOf(text()),
  on: oneOf('completed', 'failed', 'attempt'),
};
const metrics = list(object(metricShape, { required: ['name'] }));

const taskMetrics = object({
  track_revenue: flag,
  track_conversion: flag,
  customer_tier_tracking: flag,
  value: text(),
  value_unit: oneOf('minor', 'major'),
  currency: text(),
  labels: list(text()),
  counters: metrics,
  histograms: metrics,
});

const stepMetrics = object({ counters: metrics, histograms: metrics });

const backoffKinds = ['exponential', 'linear', 'constant', 'fixed'] as const;

const backoffShape = {
  kind: oneOf(...backoffKinds),
  base_seconds: seconds,
  max_seconds: seconds,
  multiplier: number('a number of at least 1', (value) => value >= 1 && value <= 1000),
  jitter: number('a number from 0 to 1', (value) => value >= 0 && value <= 1),
};

/** A kind alone, or a mapping with the particulars. */
const backoff: Reader<Read<typeof backoffShape>> = (node, path, problems) => {
  if (node.kind === 'map') return object(backoffShape)(node, path, problems);
  if (node.kind === 'scalar' && typeof node.value === 'string') {
    const kind = oneOf(...backoffKinds)(node, path, problems);
    return kind === undefined ? undefined : { kind };
  }
  problems.error(node, path, `expected one of ${backoffKinds.join(', ')} or a mapping, got ${describeNode(node)}`);
  return undefined;
};

const inHandlerConfig = "it belongs in 'handler_config'";
const inMonitoring = "it belongs in 'monitoring'";

const stepConfig = object(
  {
    results: list(text()),
    timeout_seconds: seconds,
    retry_backoff: backoff,
    business_metrics: stepMetrics,
    monitoring: object({ sla_seconds: seconds, stall_seconds: seconds, bottleneck_seconds: seconds }),
  },
  {
    open: true,
    hints: { sla_seconds: inMonitoring, stall_seconds: inMonitoring, bottleneck_seconds: inMonitoring },
  },
);

const retryLimit = number(
  'a whole number of at least 1 (all attempts, the first included)',
  (value) => Number.isSafeInteger(value) && value >= 1,
);

const step = object(
  {
    name: text(128),
    description: text(),
    dependent_system: text(),
    depends_on_step: text(),
    depends_on_steps: list(text()),
    default_retryable: flag,
    default_retry_limit: retryLimit,
    skippable: flag,
    handler_class: text(),
    handler_config: stepConfig,
    custom_events: customEvents,
  },
  {
    required: ['name'],
    hints: {
      depends_on: "use 'depends_on_step' or 'depends_on_steps'",
      retryable: "it is called 'default_retryable'",
      retry_limit: "it is called 'default_retry_limit'",
      results: inHandlerConfig,
      timeout_seconds: inHandlerConfig,
      retry_backoff: inHandlerConfig,
      monitoring: inHandlerConfig,
      business_metrics: inHandlerConfig,
    },
  },
);

/** What is the same for policies of every kind; the rest are the kind's parameters. */
export const alertShape = {
  name: text(64),
  kind: text(64),
  enabled: flag,
  where: object({ namespace: text(), task: text(), step: text() }),
  severity: oneOf('critical', 'error', 'warning', 'info'),
  runbook_url: webAddress,
  tiers: list(text(200)),
  limits: mapOf(number('a number of minor units above 0', (value) => value > 0)),
};

export const readAlerts = list(object(alertShape, { required: ['name'], open: true }));

const taskConfig = object(
  {
    business_context: list(text()),
    business_metrics: taskMetrics,
    monitoring: object({
      sla_seconds: seconds,
      critical_workflow: flag,
      alert_on_failure: flag,
      bottleneck_seconds: seconds,
      labels: mapOf(text(200)),
      runbook_url: webAddress,
      alerts: readAlerts,
    }),
  },
  {
    open: true,
    hints: {
      sla_seconds: inMonitoring,
      critical_workflow: inMonitoring,
      alert_on_failure: inMonitoring,
      alerts: inMonitoring,
    },
  },
);

/** Tasker's limits, which requests and stores rely on. */
export const templateShape = {
  name: text(64),
  namespace_name: text(64),
  module_namespace: text(),
  version: versionText,
  description: text(),
  task_handler_class: text(),
  concurrent: flag,
  default_dependent_system: text(),
  named_steps: list(text()),
  schema: jsonObject,
  configuration: jsonObject,
  custom_events: customEvents,
  environments: mapOf(jsonObject),
  handler_config: taskConfig,
  step_templates: list(step),
};

export const readTemplate = object(templateShape, {
  required: ['name', 'step_templates'],
  hints: {
    namespace: "it is called 'namespace_name'",
    steps: "it is called 'step_templates'",
    class_name: "it is called 'task_handler_class'",
    business_context: inHandlerConfig,
    business_metrics: inHandlerConfig,
    monitoring: inHandlerConfig,
  },
});

/** A template's values after their types have been checked, in the words of the file; durations in milliseconds. */
export type TemplateValues = Read<typeof templateShape>;
export type StepValues = NonNullable<TemplateValues['step_templates']>[number];
export type BackoffValues = Read<typeof backoffShape>;
export type AlertValues = Read<typeof alertShape>;
export type CustomEventValues = NonNullable<TemplateValues['custom_events']>[number];
