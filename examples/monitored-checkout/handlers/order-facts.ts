import type { StepContext } from '../tasker.ts';
import type { CheckoutContext } from '../checkout-context.ts';

/** What every service is told about an order: which it is, and by what to route and prioritise it. */
export function orderFacts(context: StepContext<CheckoutContext>['context']) {
  return {
    cart_id: context.cart_id,
    customer_id: context.customer_id,
    customer_tier: context.customer_tier,
    region: context.region,
    payment_method: context.payment_method,
  };
}
