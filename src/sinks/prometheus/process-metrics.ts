import { collectDefaultMetrics, Registry } from 'prom-client';

import type { JoinedRegistry } from './exposition.ts';

/** Gauges with a counter's suffix, which Prometheus's own tool objects to; their sums by type are there too. */
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** CPU, memory, event-loop lag and garbage collection of this process, under prom-client's own names. */
export function processMetrics(): JoinedRegistry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of misnamed) registry.removeSingleMetric(name);
  return registry;
}
