import type { AlertIncident, AlertNotice } from '../../src/index.ts';

/** The incident of 2:17: a step hangs, and nothing fails. */
export const hang: AlertIncident = {
  key: 'production/ecommerce/checkout/update_inventory/hang/0199f0',
  severity: 'error',
  environment: 'production',
  policy: 'step-stalled',
  joined: ['revenue-at-risk'],
  summary: 'update_inventory of ecommerce/checkout hangs: 12 tasks wait, $48,210.00 at risk.',
  namespace: 'ecommerce',
  task: 'checkout',
  step: 'update_inventory',
  system: 'inventory',
  cause: 'hang',
  firstError: null,
  sinceMs: 1_790_000_000_000,
  tasksHit: 12,
  hitBy: { customer_tier: { premium: 12 } },
  labels: {},
  scope: [{ field: 'customer_tier', values: ['premium', 'gold'] }],
  lost: {},
  atRisk: { USD: 4_821_000, JPY: 1200 },
  trend: 'growing',
  action: 'See whether inventory answers; if not, restart it.',
  runbookUrl: 'https://runbooks.example/step-stalled',
  consoleUrl: 'https://console.example/incidents?id=1&tab=a',
  exampleTask: '0199f0c2-1d2e-7000-8000-000000000001',
  exampleTrace: '4bf92f3577b34da6a3ce929d0e0e4736',
};

export const atMs = hang.sinceMs + 12_000;

export function notice(
  kind: Exclude<AlertNotice['kind'], 'summary'>,
  changes: Partial<AlertIncident> = {},
  at = atMs,
): AlertNotice {
  return { kind, atMs: at, incident: { ...hang, ...changes } };
}
