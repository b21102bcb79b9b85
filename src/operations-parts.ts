import type { TaskerConfigInput } from './config/define-config.ts';
import type { ResolvedConfig } from './config/resolve-config.ts';
import { readSecret } from './config/telemetry.ts';
import type { Engine } from './execution/engine.ts';
import type { Storage } from './execution/storage.ts';
import type { MetricSources } from './gather-metrics.ts';
import { type Health, OperationsListener } from './operations/operations-listener.ts';
import { MetricsPush } from './push-metrics.ts';
import { scrapeMetrics } from './scrape-metrics.ts';
import type { SinkHost } from './sink-subscribers.ts';
import type { Sink } from './sinks/define-sink.ts';
import { processMetrics } from './sinks/prometheus/process-metrics.ts';
import type { Subscribers } from './subscribers/subscribers.ts';

export interface OperationsParts {
  readonly input: TaskerConfigInput;
  readonly config: ResolvedConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly engine: Engine;
  readonly storage: Storage;
  readonly subscribers: Subscribers;
  readonly projections: readonly string[];
  readonly sinks: readonly Sink[];
  readonly host: SinkHost;
}

/** What whoever runs this process has of it: a listener to ask, and metrics that are sent by themselves. */
export class Operations {
  readonly #listener: OperationsListener | null;
  readonly #pushes: readonly MetricsPush[];

  constructor(parts: OperationsParts) {
    const { engine, subscribers, projections, sinks, host } = parts;
    const sources: MetricSources = {
      subscribers,
      projections,
      status: () => engine.status(),
      sinkFigures: () => [...subscribers.sinkFigures(), ...this.#pushes.map(({ figures }) => figures)],
    };
    this.#pushes = sinks.flatMap((sink) => (sink.metrics === undefined ? [] : new MetricsPush(sink, sources, host)));
    this.#listener = listener(parts, sources);
  }

  /** Of the listener; null without one. */
  get url(): string | null {
    return this.#listener?.url ?? null;
  }

  /** @throws TaskerError `TASKER_CONFIG_INVALID` when it cannot listen where it is to. */
  async open(): Promise<void> {
    await this.#listener?.listen();
    for (const push of this.#pushes) push.start();
  }

  async close(): Promise<void> {
    await Promise.all([this.#listener?.close(), ...this.#pushes.map((push) => push.stop())]);
  }
}

function listener(parts: OperationsParts, sources: MetricSources): OperationsListener | null {
  const { input, config, env } = parts;
  if (config.operations === null) return null;
  const { host, port, bearerToken } = config.operations;
  const registries = input.telemetry?.metrics?.registries ?? [];
  const scrape = { sources, ofProcess: processMetrics(), registries, onProblem: parts.host.onProblem };
  return new OperationsListener({
    host,
    port,
    bearerToken: bearerToken === null ? null : readSecret('operations.bearerToken', bearerToken, env),
    health: () => health(parts),
    metrics: (accept) => scrapeMetrics(scrape, accept),
  });
}

/** Ready is who can take work. A subscriber that lags or failed is told of, and keeps no work away. */
async function health({ engine, storage, subscribers }: OperationsParts): Promise<Health> {
  await Promise.all([storage.log.lastPosition(), storage.queue.nextAt()]);
  const troubled = (await subscribers.list()).filter(({ status }) => status === 'lagged' || status === 'failed');
  return { ready: engine.working, degraded: troubled.map(({ name, status }) => `subscriber ${name} ${status}`) };
}
