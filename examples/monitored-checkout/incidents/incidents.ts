import type { Incident } from './incident.ts';

/** The incidents that `npm start -- --incident NAME` plays. */
export const incidents: readonly Incident[] = [
  {
    name: 'inventory-hang',
    shows: 'The inventory service takes calls and never answers, while its health check stays green: nothing fails.',
    trouble: { kind: 'faults', faults: { inventory: { hang: true } } },
    seconds: 25,
    firstSign: { kind: 'stalled' },
    truth: { step: 'update_inventory', causes: ['hang', 'timeout'], scope: null },
    otherwise: 'A dashboard of open requests to inventory would show them grow, to whoever looks at it.',
  },
  {
    name: 'payment-errors',
    shows: 'Six of ten calls of the payments service fail; tries again hide much of it until customers are lost.',
    trouble: { kind: 'faults', faults: { payments: { errorRate: 0.6 } } },
    seconds: 25,
    firstSign: { kind: 'failed' },
    truth: { step: 'process_payment', causes: ['connection', 'resource', 'application'], scope: null },
    otherwise: 'An alert on the share of 5xx answers of payments, where there is one, tells it as soon.',
  },
  {
    name: 'slow-orders',
    shows:
      'The orders service answers well, but takes two and a half seconds: below every limit, and every customer waits.',
    trouble: { kind: 'faults', faults: { orders: { latencyMs: 2500 } } },
    seconds: 25,
    firstSign: { kind: 'slow', slowMs: 2500 },
    truth: { step: 'create_order', causes: ['slow'], scope: null },
    otherwise: 'A rule on a quantile of latency, where somebody has set its threshold right for this very step.',
  },
  {
    name: 'premium-only',
    shows: 'Payments of premium customers alone fail: one checkout in ten, and the dearest; averages hardly move.',
    trouble: {
      kind: 'faults',
      faults: { payments: { errorRate: 1, at: 'before_effect', match: { customer_tier: 'premium' } } },
    },
    seconds: 30,
    firstSign: { kind: 'failed' },
    truth: {
      step: 'process_payment',
      causes: ['connection', 'resource', 'application'],
      scope: { field: 'customer_tier', values: ['premium'] },
    },
    otherwise:
      'A rule "any premium failure", once the first has failed for good; it also speaks whenever one card is declined.',
  },
  {
    name: 'one-region',
    shows: 'The inventory of one region hangs; all others go on.',
    trouble: { kind: 'faults', faults: { inventory: { hang: true, match: { region: 'uk' } } } },
    seconds: 30,
    firstSign: { kind: 'stalled' },
    truth: { step: 'update_inventory', causes: ['hang', 'timeout'], scope: { field: 'region', values: ['uk'] } },
    otherwise: 'Checks by region, where each region has its own; this one’s health check is green too.',
  },
  {
    name: 'mail-down',
    shows:
      'Mail answers 503 to everything: orders are made and paid, no customer hears of theirs, and their checkouts fail at the last step.',
    trouble: { kind: 'faults', faults: { mail: { errorRate: 1, at: 'before_effect' } } },
    seconds: 20,
    firstSign: { kind: 'failed' },
    truth: { step: 'send_confirmation', causes: ['connection', 'resource', 'application'], scope: null },
    otherwise: 'The mail provider’s status page, some minutes later.',
  },
  {
    name: 'worker-crash',
    shows:
      'The engine’s process is killed with kill -9 in the midst of checkouts; a new one takes them up, and nobody pays twice.',
    // Payments take their time, so that many are under way when the process is killed.
    usualDay: { payments: { latencyMs: 1200 } },
    trouble: { kind: 'crash' },
    seconds: 5,
    firstSign: { kind: 'worker_lost' },
    truth: { step: null, causes: ['worker_lost'], scope: null },
    otherwise:
      'A supervisor sees that the process is gone at once, sooner than this: the only engine cannot say that it is dead, the next one does. What became of the checkouts it cannot say.',
  },
  {
    name: 'bad-deploy',
    shows: 'A release of create_order reads a field that the orders service does not send; then it is rolled back.',
    trouble: { kind: 'deploy' },
    seconds: 20,
    firstSign: { kind: 'failed' },
    truth: { step: 'create_order', causes: ['application', 'validation', 'permanent'], scope: null },
    otherwise: 'Whoever deploys and watches the first checkouts go through.',
  },
];

export function findIncident(name: string): Incident | undefined {
  return incidents.find((incident) => incident.name === name);
}
