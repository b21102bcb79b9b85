import type { CheckoutStep } from '../checkout-context.ts';
import { callService } from '../handlers/call-service.ts';
import { createHandlers } from '../handlers/create-handlers.ts';
import { orderFacts } from '../handlers/order-facts.ts';
import type { ServiceUrls } from '../service-urls.ts';

export const releaseNames = ['usual', 'faulty'] as const;
export type ReleaseName = (typeof releaseNames)[number];

/** The handlers as they are deployed, or as they should not have been. */
export function handlersOf(release: ReleaseName, urls: ServiceUrls) {
  const handlers = createHandlers(urls);
  return release === 'usual' ? handlers : { ...handlers, CreateOrderHandler: hurriedCreateOrder(urls.orders) };
}

/** Somebody has renamed a field that belongs to another team: the order is made, and its answer not understood. */
function hurriedCreateOrder(ordersUrl: string): CheckoutStep<'create_order', 'process_payment' | 'update_inventory'> {
  return async (step) => {
    const { process_payment: payment, update_inventory: reservation } = step.results;
    const order = await callService(step, {
      url: `${ordersUrl}/orders`,
      body: {
        ...orderFacts(step.context),
        payment_id: payment.payment_id,
        reservation_id: reservation.reservation_id,
        amount: payment.amount,
        currency: payment.currency,
      },
    });
    return {
      order_id: order.text('order_number'),
      status: order.text('status'),
      amount: payment.amount,
      currency: payment.currency,
    };
  };
}
