// A worker of a fleet in a process of its own, to be killed, frozen and cut off: takes checkouts from the database and
// runs them against the services it is told of. Says on standard output where its metrics are. Its standard input
// ends it: in order when it is told `stop`, at once when it closes, so that it never outlives its test.
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { createHandlers } from '../../examples/monitored-checkout/handlers/create-handlers.ts';
import type { ServiceUrls } from '../../examples/monitored-checkout/service-urls.ts';
import { createTasker, pagerDutySink } from '../../src/index.ts';
import { isTaskerError, errorTable } from '../../src/shared/errors.ts';
import { routingKey } from '../alerts/pagerduty.ts';

export interface FleetProcessOptions {
  /** Of the database. */
  readonly url: string;
  readonly leaseMs: number;
  readonly services: ServiceUrls;
  readonly pagerDutyUrl: string;
}

/** It could not start because the database cannot be used at the moment; whoever supervises it may try again. */
export const exitCodeOfUnavailable = 4;

const { url, leaseMs, services, pagerDutyUrl } = JSON.parse(process.argv[2] ?? '{}') as FleetProcessOptions;
const template = fileURLToPath(
  new URL('../../examples/monitored-checkout/config/monitored_checkout_handler.yaml', import.meta.url),
);
const own = new URL(url);
// What each process writes can be told apart in the database.
own.searchParams.set('application_name', String(process.pid));

try {
  const tasker = await createTasker(
    {
      storage: { kind: 'postgres', url: own.href, leaseMs },
      templates: [template],
      handlers: createHandlers(services),
      operations: { port: 0 },
      sinks: [pagerDutySink({ routingKey: { env: 'KEY' }, env: { KEY: routingKey }, url: pagerDutyUrl })],
      // Others are frozen and killed beside it on the same processors; that its own loop waits is no news here.
      limits: { stopGraceMs: 2000, unresponsiveMs: 0 },
    },
    { env: {}, onWarning: (message) => void process.stderr.write(`${message}\n`) },
  );
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    if (line === 'stop') void tasker.stop().then(() => process.exit(0));
  });
  lines.on('close', () => process.exit(3));
  await tasker.start();
  process.stdout.write(`ready ${tasker.status().operationsUrl}\n`);
} catch (error) {
  process.stderr.write(`${String(error)}\n`);
  process.exit(isTaskerError(error) && errorTable[error.code].retryable ? exitCodeOfUnavailable : 1);
}
