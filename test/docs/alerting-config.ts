import { defineConfig, pagerDutySink, slackSink } from '../../src/index.ts';

export default defineConfig({
  environment: 'production',
  templates: ['checkout.yaml'],
  sinks: [
    pagerDutySink({ routingKey: { env: 'PAGERDUTY_ROUTING_KEY' } }),
    slackSink({ webhookUrl: { env: 'SLACK_WEBHOOK' } }),
  ],
  alerts: {
    runbookBaseUrl: 'https://git.example/shop/blob/main/docs/runbooks/{policy}.md',
    policies: [
      // A built-in one, changed everywhere.
      { name: 'error_ratio', minimum_tasks: 5 },
      // Beside it one that is stricter with one step.
      { name: 'payments_strict', kind: 'error_ratio', where: { step: 'process_payment' }, ratio: 0.1 },
      { name: 'worker_unresponsive', enabled: false },
    ],
    routes: [
      { match: { severity: 'critical' }, sinks: ['pagerduty', 'slack'] },
      { match: { labels: { team: 'payments' }, severity: ['error', 'warning'] }, sinks: ['slack'] },
      // Whatever is left. Without it, nobody would be told of that.
      { match: { severity: ['error', 'warning'] }, sinks: ['slack'] },
    ],
    maintenance: [
      { match: { step: 'update_inventory' }, days: ['sun'], from: '02:00', until: '04:00' },
      { from: '2026-12-01T22:00:00Z', until: '2026-12-01T23:30:00Z' },
    ],
  },
});
