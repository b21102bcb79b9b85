import type { StepContext } from './tasker.ts';

// Type aliases, not interfaces: only those fit the engine's JSON types, which have an index signature.

export const customerTiers = ['standard', 'gold', 'premium'] as const;
export type CustomerTier = (typeof customerTiers)[number];

export const paymentMethods = ['card', 'paypal', 'apple_pay', 'bank_transfer'] as const;
export type PaymentMethod = (typeof paymentMethods)[number];

export const currencies = ['USD', 'EUR', 'GBP', 'JPY'] as const;
export type Currency = (typeof currencies)[number];

export const regions = ['us-east', 'us-west', 'eu-central', 'uk', 'ap-northeast'] as const;
export type Region = (typeof regions)[number];

/** All money is in minor units of `currency`: cents, pence; yen have none smaller. */
export type CartItem = {
  sku: string;
  quantity: number;
  unit_price: number;
};

export type CheckoutContext = {
  cart_id: string;
  customer_id: string;
  customer_email: string;
  customer_tier: CustomerTier;
  region: Region;
  items: CartItem[];
  /** Units, not lines. */
  items_count: number;
  /** What the shop says the cart costs. */
  order_value: number;
  currency: Currency;
  payment_method: PaymentMethod;
  payment_token: string;
};

/** In their order. */
export const checkoutSteps = [
  'validate_cart',
  'process_payment',
  'update_inventory',
  'create_order',
  'send_confirmation',
] as const satisfies readonly CheckoutStepName[];

/** What each step leaves for those after it. */
export type CheckoutResults = {
  validate_cart: {
    items_total: number;
    items_count: number;
    distinct_items: number;
    currency: string;
  };
  process_payment: {
    payment_id: string;
    amount: number;
    currency: string;
    payment_method: string;
  };
  update_inventory: {
    reservation_id: string;
    items_reserved: number;
    warehouse: string;
  };
  create_order: {
    order_id: string;
    status: string;
    amount: number;
    currency: string;
  };
  send_confirmation: {
    message_id: string;
    channel: string;
  };
};

export type CheckoutStepName = keyof CheckoutResults;

/** The handler of one step: what it returns, and which earlier steps' results it reads. */
export type CheckoutStep<Name extends CheckoutStepName, Reads extends CheckoutStepName = never> = (
  context: StepContext<CheckoutContext, Pick<CheckoutResults, Reads>>,
) => CheckoutResults[Name] | Promise<CheckoutResults[Name]>;
