import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { customerTiers, paymentMethods, regions, type CheckoutContext } from './checkout-context.ts';
import { declinedToken } from './services/payments.ts';
import { checkoutContexts, type TrafficOptions } from './traffic.ts';

function take(count: number, seed: number, options: TrafficOptions = {}): CheckoutContext[] {
  const traffic = checkoutContexts(seed, options);
  return Array.from({ length: count }, () => traffic.next().value);
}

function totalOf({ items }: CheckoutContext): number {
  return items.reduce((sum, item) => sum + item.quantity * item.unit_price, 0);
}

describe('the traffic generator', () => {
  it('gives the same checkouts for the same seed, byte for byte, on every machine', () => {
    assert.equal(JSON.stringify(take(200, 7)), JSON.stringify(take(200, 7)));
    const digest = createHash('sha256')
      .update(JSON.stringify(take(1000, 1)))
      .digest('hex');
    assert.equal(digest, 'b4f544dcbb3c9c696645a604762d7626f97ef425f6bd0275a754f9782b686d17');
  });

  it('gives other checkouts for another seed', () => {
    const itemsOf = ({ items }: CheckoutContext) => items;
    assert.notDeepEqual(take(20, 1).map(itemsOf), take(20, 2).map(itemsOf));
  });

  it('can start another iterator without moving the first', () => {
    const first = checkoutContexts(3);
    first.next();
    checkoutContexts(3).next();
    assert.deepEqual(first.next().value, take(2, 3)[1]);
  });

  it('never names a cart twice, over seeds too', () => {
    const carts = [...take(2000, 1), ...take(2000, 2)].map(({ cart_id }) => cart_id);
    assert.equal(new Set(carts).size, carts.length);
  });

  it('counts units and money from the items, in whole minor units', () => {
    for (const checkout of take(2000, 4, { invalidTotalFraction: 0 })) {
      assert.equal(checkout.order_value, totalOf(checkout));
      assert.equal(
        checkout.items_count,
        checkout.items.reduce((sum, { quantity }) => sum + quantity, 0),
      );
      assert.ok(Number.isSafeInteger(checkout.order_value) && checkout.order_value > 0);
    }
  });

  it('reaches every tier, region and payment method, small orders and large', () => {
    const checkouts = take(2000, 5);
    assert.deepEqual(new Set(checkouts.map((checkout) => checkout.customer_tier)), new Set(customerTiers));
    assert.deepEqual(new Set(checkouts.map((checkout) => checkout.region)), new Set(regions));
    assert.deepEqual(new Set(checkouts.map((checkout) => checkout.payment_method)), new Set(paymentMethods));
    const dollars = checkouts.filter(({ currency }) => currency === 'USD').map(({ order_value }) => order_value);
    assert.ok(dollars.some((value) => value < 5_000) && dollars.some((value) => value > 100_000));
  });

  it('lets a customer keep tier, region and currency', () => {
    const known = new Map<string, string>();
    for (const { customer_id, customer_tier, region, currency } of take(2000, 6, { customers: 50 })) {
      const traits = `${customer_tier} ${region} ${currency}`;
      assert.equal(known.get(customer_id) ?? traits, traits);
      known.set(customer_id, traits);
    }
    assert.equal(known.size, 50);
  });

  it('spoils the configured share of totals and cards, and nothing else by it', () => {
    const spoilt = take(5000, 8, { invalidTotalFraction: 0.1, declinedFraction: 0.2 });
    const wrong = spoilt.filter((checkout) => checkout.order_value !== totalOf(checkout));
    const declined = spoilt.filter((checkout) => checkout.payment_token === declinedToken);
    assert.ok(wrong.length > 400 && wrong.length < 600, `${wrong.length} wrong totals`);
    assert.ok(declined.length > 900 && declined.length < 1100, `${declined.length} declined cards`);
    assert.ok(declined.every((checkout) => checkout.payment_method === 'card'));

    const sound = take(5000, 8, { invalidTotalFraction: 0, declinedFraction: 0 });
    assert.ok(sound.every((checkout) => checkout.order_value === totalOf(checkout)));
    assert.ok(sound.every((checkout) => checkout.payment_token !== declinedToken));
    assert.deepEqual(
      spoilt.map(({ items }) => items),
      sound.map(({ items }) => items),
    );
  });
});
