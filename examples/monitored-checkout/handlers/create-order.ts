import type { CheckoutStep } from '../checkout-context.ts';
import { callService } from './call-service.ts';
import { orderFacts } from './order-facts.ts';

export function createOrder(ordersUrl: string): CheckoutStep<'create_order', 'process_payment' | 'update_inventory'> {
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
      order_id: order.text('order_id'),
      status: order.text('status'),
      amount: payment.amount,
      currency: payment.currency,
    };
  };
}
