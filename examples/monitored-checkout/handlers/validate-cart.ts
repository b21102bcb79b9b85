import type { CheckoutStep } from '../checkout-context.ts';
import { PublicError } from '../tasker.ts';

/** The caller's total is a claim; what is charged is what the items add up to. */
export const validateCart: CheckoutStep<'validate_cart'> = ({ context }) => {
  const { items, currency } = context;
  if (items.length === 0) throw refusal('empty_cart', 'The cart is empty.');

  const units = items.reduce((sum, item) => sum + item.quantity, 0);
  const total = items.reduce((sum, item) => sum + item.quantity * item.unit_price, 0);

  if (!items.every((item) => isWhole(item.quantity, 1) && isWhole(item.unit_price, 0)) || !isWhole(total, 1)) {
    throw refusal('invalid_cart', 'The cart has an invalid quantity or price.');
  }
  if (units !== context.items_count) {
    throw refusal('items_count_mismatch', 'The number of items does not match the cart.');
  }
  if (total !== context.order_value) {
    throw refusal('total_mismatch', 'The order value does not match the items.');
  }

  return { items_total: total, items_count: units, distinct_items: items.length, currency };
};

function isWhole(value: number, least: number): boolean {
  return Number.isSafeInteger(value) && value >= least;
}

function refusal(code: string, message: string): PublicError {
  return new PublicError(message, { permanent: true, code, status: 422 });
}
