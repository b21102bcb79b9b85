import type { JsonObject } from '../shared/json.ts';
import { isPlainObject } from '../shared/json.ts';
import { childAt, toJson, type TemplateNode } from './template-node.ts';
import { impliedContext } from './implied-context.ts';
import type { BackoffValues, CustomEventValues, StepValues, TemplateValues } from './template-schema.ts';
import type { BackoffPolicy, CustomEventDeclaration, StepTemplate, TaskTemplate } from './template.ts';

/** Tasker's rule for every handler is min(2^attempts, 30) seconds; its jitter setting is a tenth. */
export const defaultBackoff: BackoffPolicy = {
  kind: 'exponential',
  baseMs: 2000,
  maxMs: 30_000,
  multiplier: 2,
  jitter: 0.1,
};

const longestStallMs = 30_000;

/** Fills Tasker's defaults in. `root` gives the open mappings as they were written. */
export function buildTemplate(values: TemplateValues, root: TemplateNode): TaskTemplate {
  const monitoring = values.handler_config?.monitoring;
  const handlerConfig = objectAt(root, ['handler_config']);
  return {
    namespace: values.namespace_name ?? 'default',
    name: values.name ?? '',
    version: values.version ?? '0.1.0',
    description: values.description ?? '',
    taskHandlerClass: values.task_handler_class ?? null,
    moduleNamespace: values.module_namespace ?? null,
    concurrent: values.concurrent ?? true,
    schema: values.schema ?? null,
    configuration: values.configuration ?? {},
    customEvents: customEvents(values.custom_events),
    handlerConfig,
    businessContext: [
      ...new Set([
        ...(values.handler_config?.business_context ?? []),
        ...impliedContext(values.handler_config?.business_metrics),
      ]),
    ],
    businessMetrics: objectAt(root, ['handler_config', 'business_metrics']),
    monitoring: {
      slaMs: monitoring?.sla_seconds ?? null,
      criticalWorkflow: monitoring?.critical_workflow ?? false,
      alertOnFailure: monitoring?.alert_on_failure ?? false,
    },
    steps: (values.step_templates ?? []).map((step, index) =>
      buildStep(step, values.default_dependent_system, objectAt(root, ['step_templates', index, 'handler_config'])),
    ),
  };
}

function buildStep(step: StepValues, defaultSystem: string | undefined, handlerConfig: JsonObject): StepTemplate {
  const name = step.name ?? '';
  const config = step.handler_config;
  const timeoutMs = config?.timeout_seconds ?? null;
  return {
    name,
    description: step.description ?? name,
    dependentSystem: step.dependent_system ?? defaultSystem ?? 'unknown',
    dependsOn: dependenciesOf(step),
    retryable: step.default_retryable ?? true,
    retryLimit: step.default_retry_limit ?? 3,
    skippable: step.skippable ?? false,
    handlerClass: step.handler_class ?? name,
    handlerConfig,
    results: [...new Set(config?.results)],
    customEvents: customEvents(step.custom_events),
    timeoutMs,
    backoff: backoffPolicy(config?.retry_backoff),
    slaMs: config?.monitoring?.sla_seconds ?? null,
    stallMs: config?.monitoring?.stall_seconds ?? defaultStallMs(timeoutMs),
  };
}

/** Both keys together, each step once. */
export function dependenciesOf(step: StepValues): readonly string[] {
  const single = step.depends_on_step === undefined ? [] : [step.depends_on_step];
  return [...new Set([...single, ...(step.depends_on_steps ?? [])])];
}

export function backoffPolicy(values: BackoffValues | undefined): BackoffPolicy {
  const kind = values?.kind ?? defaultBackoff.kind;
  const baseMs = values?.base_seconds ?? defaultBackoff.baseMs;
  return {
    kind: kind === 'fixed' ? 'constant' : kind,
    baseMs,
    // Whoever asks for a longer wait than the usual cap has said that the cap is not meant.
    maxMs: values?.max_seconds ?? Math.max(defaultBackoff.maxMs, baseMs),
    multiplier: values?.multiplier ?? defaultBackoff.multiplier,
    jitter: values?.jitter ?? defaultBackoff.jitter,
  };
}

function defaultStallMs(timeoutMs: number | null): number {
  return timeoutMs === null ? longestStallMs : Math.min(longestStallMs, Math.max(1, Math.round(timeoutMs / 2)));
}

function customEvents(given: readonly CustomEventValues[] | undefined): CustomEventDeclaration[] {
  return (given ?? []).map(({ name = '', description = '', schema }) => ({
    name,
    description,
    ...(schema !== undefined && { schema }),
  }));
}

function objectAt(root: TemplateNode, path: readonly (string | number)[]): JsonObject {
  const node = path.reduce<TemplateNode | undefined>(childAt, root);
  const value = node === undefined ? null : toJson(node);
  return isPlainObject(value) ? value : {};
}
