// The work that engines are measured with: five handlers that do nothing, so that what is measured is everything around them.

/** Workflows under way at any moment. */
export const inFlight = 50;

export const stepNames = ['validate_cart', 'process_payment', 'update_inventory', 'create_order', 'send_confirmation'];

export const context = {
  customer_id: 'customer-1',
  customer_email: 'ada@example.org',
  customer_tier: 'premium',
  cart_items: [{ sku: 'A', name: 'thing', price: 4999, quantity: 2 }],
  payment_method: 'card',
  order_value: 12_997,
  currency: 'USD',
  region: 'eu',
};

export function handler(): { ok: boolean; payment_id: string; amount: number } {
  return { ok: true, payment_id: 'pay_aaaaaaaa', amount: 12_997 };
}
