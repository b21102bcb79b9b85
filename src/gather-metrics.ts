import type { MetricDefinition, MetricFamily } from './signals/metric.ts';
import type { SinkFigures } from './signals/delivery.ts';
import { overflowMetric } from './subscribers/metrics/metric-table.ts';
import type { Subscribers } from './subscribers/subscribers.ts';
import type { EngineStatus } from './tasker.ts';

export interface MetricSources {
  readonly subscribers: Subscribers;
  /** Built-in subscribers whose state is metrics. */
  readonly projections: readonly string[];
  readonly status: () => Omit<EngineStatus, 'listenerFailures' | 'operationsUrl'>;
  readonly sinkFigures: () => readonly SinkFigures[];
}

/**
 * All metrics of tasks and of the engine, as of now; each made when it is asked for.
 *
 * @throws TaskerError `TASKER_SUBSCRIBER_BEHIND` while what was shown before a restart is not reached again.
 */
export async function gatherMetrics(sources: MetricSources): Promise<Iterable<MetricFamily>> {
  // All of it first: once an answer has begun it can no longer be refused.
  const counted = await Promise.all(sources.projections.map((name) => sources.subscribers.view(name)));
  const now = await standing(sources);
  return families(counted.flat(), now);
}

function* families(counted: readonly string[], now: readonly MetricFamily[]): Generator<MetricFamily> {
  const overflows: MetricFamily[] = [];
  for (const text of counted) {
    const family = JSON.parse(text) as MetricFamily;
    if (family.name === overflowMetric) overflows.push(family);
    else yield family;
  }
  // One metric, though each subscriber has counted its own part of it: of two with one name only the first is shown.
  const [first] = overflows;
  if (first !== undefined) yield { ...first, series: overflows.flatMap(({ series }) => series) };
  yield* now;
}

type Status = ReturnType<MetricSources['status']>;
type Subscriber = Awaited<ReturnType<Subscribers['list']>>[number];

const ofEngine: readonly (readonly [name: string, help: string, of: (status: Status) => number])[] = [
  ['tasker_engine_tasks_in_memory', 'Tasks that this engine holds.', (one) => one.tasksInMemory],
  ['tasker_engine_attempts_running', 'Handlers that are at work.', (one) => one.attemptsRunning],
  [
    'tasker_engine_tasks_ready',
    'Tasks with a step that could run and that there is no room for.',
    (one) => one.tasksReady,
  ],
  [
    'tasker_engine_tasks_waiting',
    'Tasks in memory at which no handler is at work. Those that wait long are in the store: in progress and not in memory.',
    (one) => one.tasksWaiting,
  ],
  ['tasker_engine_abandoned_handlers', 'Handlers left behind that have not settled.', (one) => one.abandonedHandlers],
  ['tasker_engine_late_results', 'Results that came after their attempt had ended.', (one) => one.lateResults],
  ['tasker_engine_changes_queued', 'Changes that are waiting to be written.', (one) => one.changesQueued],
];

type Column<Row> = readonly [name: string, type: 'counter' | 'gauge', help: string, of: (one: Row) => number];

const ofSubscribers: readonly Column<Subscriber>[] = [
  ['tasker_subscriber_lag_events', 'gauge', 'Events that are still to come.', (one) => one.lag],
  [
    'tasker_subscriber_failures_total',
    'counter',
    'Handler calls that failed, also where a later try succeeded.',
    (one) => one.failures,
  ],
  ['tasker_subscriber_parked_events', 'gauge', 'Events that were set aside.', (one) => one.parked],
  ['tasker_subscriber_state_bytes', 'gauge', 'Size of what a subscriber keeps, as stored.', (one) => one.stateBytes],
];

const ofSinks: readonly Column<SinkFigures>[] = [
  ['tasker_sink_delivered_total', 'counter', 'Signals that a sink has taken.', (one) => one.delivered],
  ['tasker_sink_retries_total', 'counter', 'Deliveries that were to be tried again.', (one) => one.retries],
  ['tasker_sink_dropped_total', 'counter', 'Signals that were given up.', (one) => one.dropped],
  [
    'tasker_sink_queue_length',
    'gauge',
    'Signals offered and not settled; the rest waits in the log.',
    (one) => one.queued,
  ],
];

/** How full things are: of this process, now. */
export const standingMetrics: readonly MetricDefinition[] = [
  ...ofEngine.map(([name, help]) => gauge(name, help, [])),
  ...ofSubscribers.map(([name, type, help]) => ({ name, type, help, labelNames: ['subscriber'] })),
  ...ofSinks.map(([name, type, help]) => ({ name, type, help, labelNames: ['sink', 'signal'] })),
];

async function standing({ subscribers, status, sinkFigures }: MetricSources): Promise<readonly MetricFamily[]> {
  const now = status();
  const all = await subscribers.list();
  const sinks = sinkFigures();
  return [
    ...ofEngine.map(([name, help, of]) => ({ ...gauge(name, help, []), series: [{ labels: [], value: of(now) }] })),
    ...ofSubscribers.map(([name, type, help, of]) => ({
      name,
      type,
      help,
      labelNames: ['subscriber'],
      series: all.map((one) => ({ labels: [one.name], value: of(one) })),
    })),
    ...ofSinks.map(([name, type, help, of]) => ({
      name,
      type,
      help,
      labelNames: ['sink', 'signal'],
      series: sinks.map((one) => ({ labels: [one.sink, one.signal], value: of(one) })),
    })),
  ];
}

function gauge(name: string, help: string, labelNames: readonly string[]): MetricDefinition {
  return { name, help, type: 'gauge', labelNames };
}
