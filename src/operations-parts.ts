import type { TaskerConfigInput } from './config/define-config.ts';
import type { ResolvedConfig } from './config/resolve-config.ts';
import { readSecret } from './config/telemetry.ts';
import type { Engine } from './execution/engine.ts';
import type { Storage } from './execution/storage.ts';
import { type Health, OperationsListener } from './operations/operations-listener.ts';
import { scrapeMetrics } from './scrape-metrics.ts';
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
}

/** The listener for whoever runs this process; null when the configuration asks for none. */
export function operationsListener(parts: OperationsParts): OperationsListener | null {
  const { input, config, env, engine, subscribers, projections } = parts;
  if (config.operations === null) return null;
  const { host, port, bearerToken } = config.operations;
  const scrape = {
    subscribers,
    projections,
    status: () => engine.status(),
    ofProcess: processMetrics(),
    registries: input.telemetry?.metrics?.registries ?? [],
  };
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
  await storage.log.lastPosition();
  const troubled = (await subscribers.list()).filter(({ status }) => status === 'lagged' || status === 'failed');
  return { ready: engine.running, degraded: troubled.map(({ name, status }) => `subscriber ${name} ${status}`) };
}
