// One configuration for all processes: `tasker worker`, `tasker server`, and whoever starts tasks.
//
//   DATABASE_URL         postgres://user:password@host:5432/database?sslmode=verify-full; may lead through a pooler
//   DATABASE_LISTEN_URL  the same database without the pooler, where DATABASE_URL has one: LISTEN needs a session
//   PAYMENTS_URL, INVENTORY_URL, ORDERS_URL, MAIL_URL   the shop's services; default: this machine
//   ALERTMANAGER_URLS    each member of the cluster, comma-separated; default: none
//   OTEL_EXPORTER_OTLP_ENDPOINT   where traces go; default: nowhere
import { createHandlers } from '../../examples/monitored-checkout/handlers/create-handlers.ts';
import { usualServiceUrls } from '../../examples/monitored-checkout/service-urls.ts';
import { traceSinks } from '../../examples/monitored-checkout/traces.ts';
import { list, optional, required } from './environment.ts';
import { alertmanagerSinks, defineConfig } from './tasker.ts';

const listenUrl = optional('DATABASE_LISTEN_URL');
const alertmanagers = list('ALERTMANAGER_URLS');

export default defineConfig({
  storage: {
    kind: 'postgres',
    url: required('DATABASE_URL', 'postgres://tasker:password@postgres:5432/tasker'),
    ...(listenUrl !== undefined && { listenUrl, pooler: true }),
  },
  templates: ['../../examples/monitored-checkout/config/monitored_checkout_handler.yaml'],
  handlers: createHandlers({
    payments: optional('PAYMENTS_URL') ?? usualServiceUrls.payments,
    inventory: optional('INVENTORY_URL') ?? usualServiceUrls.inventory,
    orders: optional('ORDERS_URL') ?? usualServiceUrls.orders,
    mail: optional('MAIL_URL') ?? usualServiceUrls.mail,
  }),
  sinks: [...traceSinks, ...(alertmanagers.length === 0 ? [] : alertmanagerSinks({ urls: alertmanagers }))],
  telemetry: { logging: { enabled: true } },
  operations: { host: '0.0.0.0', port: 9464 },
  // Whoever stops the container must wait longer than this: compose's stop_grace_period, Kubernetes'
  // terminationGracePeriodSeconds.
  limits: { stopGraceMs: 20_000 },
});
