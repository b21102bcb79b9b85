import { fileURLToPath } from 'node:url';

import type { ResolvedConfig } from './config/resolve-config.ts';
import { monitoredTasks } from './monitored-tasks.ts';
import type { JsonObject } from './shared/json.ts';
import { businessMetricsName } from './subscribers/business-metrics/business-metrics.ts';
import type { BuiltInMetricsOptions } from './subscribers/metrics/built-in-metrics.ts';
import type { ModuleReference } from './subscribers/observer/observer-protocol.ts';
import { performanceMonitoringName } from './subscribers/performance-monitoring/performance-monitoring.ts';
import type { TaskTemplate } from './tasks/template.ts';

export interface BuiltInSubscribers {
  /** To be run in threads of their own. */
  readonly modules: readonly ModuleReference[];
  /** Those whose state is metrics. */
  readonly projections: readonly string[];
}

// The same code runs from source (.ts) and from the package (.js).
const metricsModule = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts')
      ? './subscribers/metrics/built-in-metrics.ts'
      : './subscribers/metrics/built-in-metrics.js',
    import.meta.url,
  ),
);

/** The subscribers that come with the package, as far as the configuration asks for them. */
export function builtInSubscribers(
  { telemetry: { metrics } }: ResolvedConfig,
  templates: readonly TaskTemplate[],
): BuiltInSubscribers {
  // Also without metrics: a declaration that two templates give two meanings is a mistake anyhow.
  const tasks = monitoredTasks(templates);
  if (!metrics.enabled) return { modules: [], projections: [] };
  const { windowMs, seriesLimit, defaultCurrency, errorClasses } = metrics;
  const options: BuiltInMetricsOptions = { tasks, windowMs, seriesLimit, defaultCurrency, errorClasses };
  const reference = { module: 'tasker metrics', resolved: metricsModule, options: options as unknown as JsonObject };
  return { modules: [reference], projections: [performanceMonitoringName, businessMetricsName] };
}
