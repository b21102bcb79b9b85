import { collectDefaultMetrics, Registry } from 'prom-client';

import type { JoinedRegistry } from './exposition.ts';

/** CPU, memory, event-loop lag and garbage collection of this process, under prom-client's own names. */
export function processMetrics(): JoinedRegistry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
