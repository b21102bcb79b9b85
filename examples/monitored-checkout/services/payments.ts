import { idFor, refuse, type ServiceDefinition } from './service.ts';

/** A payment token for trying things out: its charges are declined. */
export const declinedToken = 'tok_declined';

export function paymentsService(): ServiceDefinition {
  return {
    name: 'payments',
    path: '/charges',
    usualLatencyMs: 40,
    perform: ({ amount, currency, payment_method, payment_token }, key) => {
      if (!Number.isSafeInteger(amount) || Number(amount) < 1) {
        return refuse(422, 'invalid_amount', 'amount must be a positive whole number of minor units');
      }
      if (typeof currency !== 'string' || typeof payment_method !== 'string') {
        return refuse(422, 'invalid_charge', 'currency and payment_method must be texts');
      }
      if (payment_token === declinedToken) return refuse(402, 'card_declined', 'The card was declined');
      return {
        status: 201,
        body: { payment_id: idFor('pay', key), status: 'captured', amount, currency, payment_method },
      };
    },
  };
}
