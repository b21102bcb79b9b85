import {
  alertLogSink,
  alertmanagerSinks,
  defineConfig,
  pagerDutySink,
  slackSink,
  webhookSink,
} from '../../src/index.ts';

export default defineConfig({
  templates: ['checkout.yaml'],
  sinks: [
    pagerDutySink({ routingKey: { env: 'PAGERDUTY_ROUTING_KEY' } }),
    ...alertmanagerSinks({ urls: ['http://alertmanager-a:9093', 'http://alertmanager-b:9093'] }),
    slackSink({ webhookUrl: { file: '/run/secrets/slack-webhook' } }),
    webhookSink({
      url: 'https://alerts.example/tasker',
      // While one takes the place of the other, both sign.
      secret: [{ env: 'ALERT_WEBHOOK_SECRET' }, { env: 'ALERT_WEBHOOK_SECRET_BEFORE' }],
    }),
    alertLogSink({ to: { file: 'logs/alerts.ndjson' } }),
  ],
});
