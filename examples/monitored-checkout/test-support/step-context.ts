import type { CheckoutContext, CheckoutResults } from '../checkout-context.ts';
import type { StepContext } from '../tasker.ts';
import { checkoutContexts } from '../traffic.ts';

type CheckoutStepContext = StepContext<CheckoutContext, CheckoutResults>;

/** A valid checkout that is the same in every test. */
export function aCheckout(changes: Partial<CheckoutContext> = {}): CheckoutContext {
  const { value } = checkoutContexts(1, { invalidTotalFraction: 0, declinedFraction: 0 }).next();
  return { ...value, ...changes };
}

/** What the engine gives a handler, for calling one without the engine. */
export function stepContext(changes: Partial<CheckoutStepContext> = {}): CheckoutStepContext {
  const context = changes.context ?? aCheckout();
  return {
    taskId: 'task-1',
    namespace: 'ecommerce',
    taskName: 'monitored_checkout',
    version: '1.0.0',
    step: 'process_payment',
    attempt: 1,
    correlationId: 'correlation-1',
    traceparent: null,
    context,
    results: resultsFor(context),
    handlerConfig: {},
    idempotencyKey: 'key-1',
    signal: new AbortController().signal,
    heartbeat: () => undefined,
    publish: () => undefined,
    annotate: () => undefined,
    ...changes,
  };
}

function resultsFor(context: CheckoutStepContext['context']): CheckoutResults {
  const { currency, payment_method, order_value: amount, items_count } = context;
  return {
    validate_cart: { items_total: amount, items_count, distinct_items: context.items.length, currency },
    process_payment: { payment_id: 'pay_1', amount, currency, payment_method },
    update_inventory: { reservation_id: 'res_1', items_reserved: items_count, warehouse: 'warehouse-uk' },
    create_order: { order_id: 'ord_1', status: 'confirmed', amount, currency },
    send_confirmation: { message_id: 'msg_1', channel: 'email' },
  };
}
