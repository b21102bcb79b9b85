import type { ObserverHost } from './subscribers/observer/observer-host.ts';
import { sinkSubscribers, type SinkSubscribersOptions } from './sink-subscribers.ts';
import { closeSinks } from './sinks/close-sinks.ts';
import { makeSink } from './sinks/make-sink.ts';
import type { Output } from './sinks/ndjson/output.ts';
import type { SinkRecipe } from './sinks/sink-recipe.ts';
import { alertGeneration, type AlertGenerationOptions } from './subscribers/alert-generation/alert-generation.ts';
import { businessMetrics, type BusinessMetricsOptions } from './subscribers/business-metrics/business-metrics.ts';
import type { SubscriberDefinition } from './subscribers/define-subscriber.ts';
import {
  performanceMonitoring,
  type PerformanceOptions,
} from './subscribers/performance-monitoring/performance-monitoring.ts';

export interface BuiltInObserversOptions {
  /** Null: no metrics are asked for. */
  readonly metrics: (BusinessMetricsOptions & PerformanceOptions) | null;
  /** Null: nothing asks for alerts. */
  readonly alerts: AlertGenerationOptions | null;
  readonly recipes: readonly SinkRecipe[];
  readonly feeding: SinkSubscribersOptions;
}

/** What a thread loads for all that comes with the package: one thread, so that the log is read and parsed once. */
export default async function builtInObservers(
  { metrics, alerts, recipes, feeding }: BuiltInObserversOptions,
  host: ObserverHost,
): Promise<readonly SubscriberDefinition[]> {
  const sinks = await Promise.all(recipes.map((recipe) => makeSink(recipe, () => standardOutput(host))));
  host.atClose(() => closeSinks(sinks, host.clock, host.onProblem));
  return [
    ...(metrics === null ? [] : [performanceMonitoring(metrics), businessMetrics(metrics)]),
    ...(alerts === null ? [] : [alertGeneration(alerts)]),
    ...sinkSubscribers(sinks, feeding, host),
  ];
}

function standardOutput({ writeOut }: ObserverHost): Output {
  return { name: 'standard output', write: writeOut, close: () => undefined };
}
