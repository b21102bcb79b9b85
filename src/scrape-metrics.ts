import type { MetricsRegistry } from './config/telemetry.ts';
import type { EngineStatus } from './tasker.ts';
import type { Answer } from './operations/operations-listener.ts';
import type { MetricDefinition, MetricFamily } from './signals/metric.ts';
import { contentTypes, Exposition, type JoinedRegistry } from './sinks/prometheus/exposition.ts';
import type { Subscribers } from './subscribers/subscribers.ts';

export interface ScrapeParts {
  readonly subscribers: Subscribers;
  /** Built-in subscribers whose state is metrics. */
  readonly projections: readonly string[];
  readonly status: () => Omit<EngineStatus, 'listenerFailures' | 'operationsUrl'>;
  /** Of this process. */
  readonly process: JoinedRegistry;
  /** The application's own. */
  readonly registries: readonly MetricsRegistry[];
}

const openMetrics = /application\/openmetrics-text/;

/** What `/metrics` answers: what follows from the log, how this process stands, and the application's own. */
export async function scrapeMetrics(parts: ScrapeParts, accept: string): Promise<Answer> {
  const format = openMetrics.test(accept) ? 'openmetrics' : 'text';
  const exposition = new Exposition(format);
  for (const name of parts.projections) {
    for (const family of await parts.subscribers.view(name)) await exposition.add(JSON.parse(family) as MetricFamily);
  }
  for (const family of await standing(parts)) await exposition.add(family);
  await exposition.join(parts.process);
  for (const registry of parts.registries) await exposition.join(registry as JoinedRegistry);
  return { contentType: contentTypes[format], body: exposition.text };
}

/** How full things are: of this process, now. */
async function standing({ subscribers, status }: ScrapeParts): Promise<readonly MetricFamily[]> {
  const { tasksInMemory, attemptsRunning, abandonedHandlers, lateResults, changesQueued } = status();
  const all = await subscribers.list();
  const gauge = (name: string, help: string, value: number): MetricFamily => ({
    ...definition(name, help, []),
    series: [{ labels: [], value }],
  });
  const bySubscriber = (name: string, help: string, of: (one: (typeof all)[number]) => number): MetricFamily => ({
    ...definition(name, help, ['subscriber']),
    series: all.map((one) => ({ labels: [one.name], value: of(one) })),
  });
  return [
    gauge('tasker_engine_tasks_in_memory', 'Tasks that this engine holds.', tasksInMemory),
    gauge('tasker_engine_attempts_running', 'Handlers that are at work.', attemptsRunning),
    gauge(
      'tasker_engine_abandoned_handlers',
      'Handlers that were left behind and have not settled.',
      abandonedHandlers,
    ),
    gauge('tasker_engine_late_results', 'Results that came after their attempt had ended.', lateResults),
    gauge('tasker_engine_changes_queued', 'Changes that are waiting to be written.', changesQueued),
    bySubscriber('tasker_subscriber_lag_events', 'Events that are still to come.', ({ lag }) => lag),
    bySubscriber('tasker_subscriber_parked_events', 'Events that were set aside.', ({ parked }) => parked),
    bySubscriber('tasker_subscriber_state_bytes', 'Size of what it keeps, as stored.', ({ stateBytes }) => stateBytes),
  ];
}

function definition(name: string, help: string, labelNames: readonly string[]): MetricDefinition {
  return { name, help, type: 'gauge', labelNames };
}
