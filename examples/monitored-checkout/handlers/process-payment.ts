import type { CheckoutStep } from '../checkout-context.ts';
import { callService } from './call-service.ts';
import { orderFacts } from './order-facts.ts';

export function processPayment(paymentsUrl: string): CheckoutStep<'process_payment', 'validate_cart'> {
  return async (step) => {
    const charge = await callService(step, {
      url: `${paymentsUrl}/charges`,
      body: {
        ...orderFacts(step.context),
        payment_token: step.context.payment_token,
        amount: step.results.validate_cart.items_total,
        currency: step.context.currency,
      },
      refusals: { card_declined: 'The card was declined.' },
    });
    return {
      payment_id: charge.text('payment_id'),
      amount: charge.integer('amount'),
      currency: charge.text('currency'),
      payment_method: charge.text('payment_method'),
    };
  };
}
