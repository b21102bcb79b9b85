import type { MetricsRegistry } from './config/telemetry.ts';
import { gatherMetrics, type MetricSources } from './gather-metrics.ts';
import type { Answer } from './operations/operations-listener.ts';
import { errorMessage } from './shared/errors.ts';
import type { MetricFamily } from './signals/metric.ts';
import { contentTypes, Exposition, type JoinedRegistry } from './sinks/prometheus/exposition.ts';

export interface ScrapeParts {
  readonly sources: MetricSources;
  /** Of this process. */
  readonly ofProcess: JoinedRegistry;
  /** The application's own. */
  readonly registries: readonly MetricsRegistry[];
  readonly onProblem: (error: unknown) => void;
}

const openMetrics = /application\/openmetrics-text/;

/**
 * What `/metrics` answers: what follows from the log, how this process stands, and the application's own.
 *
 * @throws TaskerError `TASKER_SUBSCRIBER_BEHIND` while what was shown before a restart is not reached again.
 */
export async function scrapeMetrics(parts: ScrapeParts, accept: string): Promise<Answer> {
  const format = openMetrics.test(accept) ? 'openmetrics' : 'text';
  const families = await gatherMetrics(parts.sources);
  return { contentType: contentTypes[format], body: written(parts, new Exposition(format), families) };
}

async function* written(
  { ofProcess, registries, onProblem }: ScrapeParts,
  exposition: Exposition,
  families: Iterable<MetricFamily>,
): AsyncGenerator<string> {
  for (const family of families) yield* exposition.family(family);
  yield* exposition.joined(ofProcess);
  for (const registry of registries) {
    try {
      yield* exposition.joined(registry as JoinedRegistry);
    } catch (error) {
      // What the application measures itself must not cost it what is known of its tasks.
      const what = "a registry of telemetry.metrics.registries cannot be read; what it holds is missing at '/metrics'";
      onProblem(new Error(`${what}: ${errorMessage(error)}`, { cause: error }));
    }
  }
  yield exposition.end;
}
