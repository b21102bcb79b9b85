import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { serviceNames, type ServiceName } from '../service-urls.ts';
import type { Fault } from '../services/fault.ts';
import type { Services } from '../services/services.ts';
import { startServices } from '../services/start-services.ts';
import { aCheckout, stepContext } from '../test-support/step-context.ts';
import { createHandlers } from './create-handlers.ts';

const checkout = aCheckout();
const selectors: Readonly<Record<string, readonly [its: string, another: string]>> = {
  customer_tier: [checkout.customer_tier, 'another-tier'],
  region: [checkout.region, 'another-region'],
  payment_method: [checkout.payment_method, 'another-method'],
};

let services: Services;
before(async () => {
  services = await startServices({ baseLatencyMs: 0 });
});
after(() => services.close());

async function outcomeUnder(service: ServiceName, match: Fault['match']): Promise<'failed' | 'done'> {
  const handlers = createHandlers(services.urls);
  const calls: Readonly<Record<ServiceName, () => unknown>> = {
    payments: () => handlers.ProcessPaymentHandler(stepContext()),
    inventory: () => handlers.UpdateInventoryHandler(stepContext()),
    orders: () => handlers.CreateOrderHandler(stepContext()),
    mail: () => handlers.SendConfirmationHandler(stepContext()),
  };
  await services.setFault(service, { errorRate: 1, at: 'before_effect', ...(match !== undefined && { match }) });
  try {
    await calls[service]();
    return 'done';
  } catch {
    return 'failed';
  } finally {
    await services.setFault(service, null);
  }
}

describe('a fault that is for some customers', () => {
  for (const service of serviceNames) {
    for (const [field, [its, another]] of Object.entries(selectors)) {
      it(`hits the checkouts' calls of ${service} by ${field}, and no others`, async () => {
        assert.deepEqual(
          [await outcomeUnder(service, { [field]: its }), await outcomeUnder(service, { [field]: another })],
          ['failed', 'done'],
        );
      });
    }
  }
});
