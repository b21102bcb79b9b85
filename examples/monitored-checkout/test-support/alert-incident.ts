import type { AlertIncident } from '../tasker.ts';

export const startMs = Date.UTC(2026, 10, 23, 14, 17, 0);

/** What an alert on a hanging inventory says, thirty seconds into a run that began at `startMs`. */
export function anIncident(changes: Partial<AlertIncident> = {}): AlertIncident {
  return {
    key: 'incident-1',
    severity: 'critical',
    environment: 'production',
    policy: 'step_stalled',
    joined: [],
    summary: 'update_inventory hangs: 7 checkouts wait.',
    namespace: 'ecommerce',
    task: 'monitored_checkout',
    step: 'update_inventory',
    system: 'inventory',
    cause: 'hang',
    firstError: null,
    sinceMs: startMs + 25_000,
    tasksHit: 7,
    hitBy: { customer_tier: { standard: 5, premium: 2 }, region: { uk: 7 } },
    scope: [],
    lost: {},
    atRisk: { USD: 482_100, JPY: 1200 },
    trend: 'growing',
    action: 'See whether inventory answers.',
    runbookUrl: null,
    consoleUrl: null,
    labels: {},
    exampleTask: 'task-7',
    exampleTrace: null,
    ...changes,
  };
}
