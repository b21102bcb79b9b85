import type { CheckoutContext, CheckoutResults } from '../checkout-context.ts';
import type { ServiceUrls } from '../service-urls.ts';
import type { StepHandler } from '../tasker.ts';
import { createOrder } from './create-order.ts';
import { processPayment } from './process-payment.ts';
import { sendConfirmation } from './send-confirmation.ts';
import { updateInventory } from './update-inventory.ts';
import { validateCart } from './validate-cart.ts';

/** The template's handlers by their `handler_class`. */
export function createHandlers(urls: ServiceUrls) {
  return {
    ValidateCartHandler: validateCart,
    ProcessPaymentHandler: processPayment(urls.payments),
    UpdateInventoryHandler: updateInventory(urls.inventory),
    CreateOrderHandler: createOrder(urls.orders),
    SendConfirmationHandler: sendConfirmation(urls.mail),
  } satisfies Record<string, StepHandler<CheckoutContext, CheckoutResults>>;
}
