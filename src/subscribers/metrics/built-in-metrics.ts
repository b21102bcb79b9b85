import { businessMetrics, type BusinessMetricsOptions } from '../business-metrics/business-metrics.ts';
import type { SubscriberDefinition } from '../define-subscriber.ts';
import { performanceMonitoring, type PerformanceOptions } from '../performance-monitoring/performance-monitoring.ts';

export type BuiltInMetricsOptions = BusinessMetricsOptions & PerformanceOptions;

/** The module that a thread loads for the built-in metrics. */
export default function builtInMetrics(options: BuiltInMetricsOptions): readonly SubscriberDefinition[] {
  return [performanceMonitoring(options), businessMetrics(options)];
}
