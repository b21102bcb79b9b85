import { fileURLToPath } from 'node:url';

import type { AlertingParts } from './alerting-parts.ts';
import type { BuiltInObserversOptions } from './built-in-observers.ts';
import type { ResolvedConfig } from './config/resolve-config.ts';
import { monitoredTasks } from './monitored-tasks.ts';
import type { JsonObject } from './shared/json.ts';
import type { SinkSubscribersOptions } from './sink-subscribers.ts';
import type { Sink } from './sinks/define-sink.ts';
import { recipeOf } from './sinks/sink-recipe.ts';
import { alertGenerationName } from './subscribers/alert-generation/alert-generation.ts';
import { businessMetricsName } from './subscribers/business-metrics/business-metrics.ts';
import type { ModuleReference } from './subscribers/observer/observer-protocol.ts';
import { performanceMonitoringName } from './subscribers/performance-monitoring/performance-monitoring.ts';
import type { TaskTemplate } from './tasks/template.ts';

export interface BuiltInSubscribers {
  /** To be run in threads of their own. */
  readonly modules: readonly ModuleReference[];
  /** Those whose state is metrics. */
  readonly projections: readonly string[];
  /** Sinks that can run only on the thread that they were made on. */
  readonly localSinks: readonly Sink[];
}

// The same code runs from source (.ts) and from the package (.js).
const observersModule = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './built-in-observers.ts' : './built-in-observers.js', import.meta.url),
);

/** The subscribers that come with the package, as far as the configuration asks for them. */
export function builtInSubscribers(
  { telemetry: { metrics } }: ResolvedConfig,
  templates: readonly TaskTemplate[],
  sinks: readonly Sink[],
  feeding: SinkSubscribersOptions,
  alerting: AlertingParts | null,
): BuiltInSubscribers {
  // Also without metrics: a declaration that two templates give two meanings is a mistake anyhow.
  const tasks = monitoredTasks(templates);
  const { windowMs, seriesLimit, defaultCurrency, errorClasses } = metrics;
  const options: BuiltInObserversOptions = {
    metrics: metrics.enabled ? { tasks, windowMs, seriesLimit, defaultCurrency, errorClasses } : null,
    alerts: alerting?.generation ?? null,
    recipes: sinks.flatMap((sink) => recipeOf(sink) ?? []),
    feeding,
  };
  const isEmpty = options.metrics === null && options.alerts === null && options.recipes.length === 0;
  const reference = {
    module: 'tasker observers',
    resolved: observersModule,
    options: options as unknown as JsonObject,
    isBuiltIn: true,
  };
  return {
    modules: isEmpty ? [] : [reference],
    projections: metrics.enabled
      ? [performanceMonitoringName, businessMetricsName, ...(alerting === null ? [] : [alertGenerationName])]
      : [],
    localSinks: sinks.filter((sink) => recipeOf(sink) === null),
  };
}
