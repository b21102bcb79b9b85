import type { CheckoutStep } from '../checkout-context.ts';
import { callService } from './call-service.ts';
import { orderFacts } from './order-facts.ts';

export function sendConfirmation(mailUrl: string): CheckoutStep<'send_confirmation', 'create_order'> {
  return async (step) => {
    const message = await callService(step, {
      url: `${mailUrl}/messages`,
      body: {
        ...orderFacts(step.context),
        to: step.context.customer_email,
        template: 'order_confirmation',
        order_id: step.results.create_order.order_id,
      },
    });
    return { message_id: message.text('message_id'), channel: message.text('channel') };
  };
}
