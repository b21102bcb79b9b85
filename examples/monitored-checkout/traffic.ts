import type { CartItem, CheckoutContext, Currency, CustomerTier, PaymentMethod, Region } from './checkout-context.ts';
import { seededRandom, type SeededRandom } from './seeded-random.ts';
import { declinedToken } from './services/payments.ts';

export interface TrafficOptions {
  /** Share of carts whose order value does not match their items. Default 0.01. */
  readonly invalidTotalFraction?: number;
  /** Share of checkouts paid with a card that the payments service declines. Default 0.02. */
  readonly declinedFraction?: number;
  /** Customers that there are; each keeps its tier and region. Default 5000. */
  readonly customers?: number;
}

const tiers: readonly (readonly [CustomerTier, number])[] = [
  ['standard', 70],
  ['gold', 20],
  ['premium', 10],
];

const homes: readonly (readonly [{ region: Region; currency: Currency }, number])[] = [
  [{ region: 'us-east', currency: 'USD' }, 30],
  [{ region: 'us-west', currency: 'USD' }, 20],
  [{ region: 'eu-central', currency: 'EUR' }, 25],
  [{ region: 'uk', currency: 'GBP' }, 15],
  [{ region: 'ap-northeast', currency: 'JPY' }, 10],
];

const methods: readonly (readonly [PaymentMethod, number])[] = [
  ['card', 60],
  ['paypal', 20],
  ['apple_pay', 12],
  ['bank_transfer', 8],
];

const linesByTier: Readonly<Record<CustomerTier, number>> = { standard: 3, gold: 5, premium: 8 };

/** Percent of the dollar price in cents; whole percents keep the arithmetic in integers. */
const pricePercent: Readonly<Record<Currency, number>> = { USD: 100, EUR: 92, GBP: 79, JPY: 150 };

const catalogueSize = 200;

/** Checkouts without end; the same seed and options give the same ones, byte for byte. */
export function* checkoutContexts(seed: number, options: TrafficOptions = {}): Generator<CheckoutContext, never, void> {
  const { invalidTotalFraction = 0.01, declinedFraction = 0.02, customers = 5000 } = options;

  for (let number = 1; ; number += 1) {
    // A stream per checkout: what one of them draws does not move the next.
    const random = seededRandom(seed, `checkout-${number}`);
    const customer = customerOf(seed, random.integer(1, customers));
    const items = itemsOf(random, customer.tier, customer.currency);
    const method = random.weighted(methods);
    const fate = random.next();
    const invalid = fate < invalidTotalFraction;
    const declined = !invalid && fate < invalidTotalFraction + declinedFraction;
    const total = items.reduce((sum, item) => sum + item.quantity * item.unit_price, 0);

    yield {
      cart_id: `cart_${seed}_${String(number).padStart(7, '0')}`,
      customer_id: customer.id,
      customer_email: customer.email,
      customer_tier: customer.tier,
      region: customer.region,
      items,
      items_count: items.reduce((sum, item) => sum + item.quantity, 0),
      order_value: invalid ? total + random.integer(1, 500) : total,
      currency: customer.currency,
      payment_method: declined ? 'card' : method,
      payment_token: declined ? declinedToken : `tok_${String(random.integer(0, 99_999_999)).padStart(8, '0')}`,
    };
  }
}

function customerOf(seed: number, number: number) {
  const random = seededRandom(seed, `customer-${number}`);
  const digits = String(number).padStart(5, '0');
  return {
    id: `cust_${digits}`,
    email: `customer.${digits}@example.com`,
    tier: random.weighted(tiers),
    ...random.weighted(homes),
  };
}

function itemsOf(random: SeededRandom, tier: CustomerTier, currency: Currency): CartItem[] {
  const wanted = random.integer(1, linesByTier[tier]);
  const bySku = new Map<string, CartItem>();
  for (let line = 0; line < wanted; line += 1) {
    const product = random.integer(1, catalogueSize);
    const sku = `sku-${String(product).padStart(4, '0')}`;
    const quantity = random.integer(1, 3);
    const known = bySku.get(sku);
    if (known) known.quantity += quantity;
    else bySku.set(sku, { sku, quantity, unit_price: priceOf(product, currency) });
  }
  return [...bySku.values()];
}

/** Most products cost 5 to 60 dollars; every tenth costs 200 to 1000, so that some orders are worth an alert. */
function priceOf(product: number, currency: Currency): number {
  const cents = product % 10 === 0 ? 20_000 + product * 400 : 499 + ((product * 367) % 5500);
  return Math.floor((cents * pricePercent[currency]) / 100);
}
