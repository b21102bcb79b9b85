import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, beforeEach, describe, it } from 'node:test';
import { startServices } from '../services/start-services.ts';
import { declinedToken } from '../services/payments.ts';
import { PermanentError, PublicError, RetryableError } from '../tasker.ts';
import { aCheckout, stepContext } from '../test-support/step-context.ts';
import { createHandlers } from './create-handlers.ts';

let services = await startServices({ baseLatencyMs: 0 });
let handlers = createHandlers(services.urls);

beforeEach(async () => {
  await services.close();
  services = await startServices({ baseLatencyMs: 0 });
  handlers = createHandlers(services.urls);
});
after(() => services.close());

/** What a handler threw, of the kind that was expected. */
async function failureOf<E extends Error>(kind: new (message: string) => E, run: () => unknown): Promise<E> {
  try {
    await run();
  } catch (error) {
    assert.ok(error instanceof kind, `expected ${kind.name}, got ${String(error)}`);
    return error;
  }
  return assert.fail(`expected ${kind.name}, but nothing was thrown`);
}

describe('a checkout without trouble', () => {
  it('goes through all five handlers, each building on the ones before', async () => {
    const context = aCheckout();
    const step = stepContext({ context });
    const validate_cart = await handlers.ValidateCartHandler(step);
    const process_payment = await handlers.ProcessPaymentHandler(stepContext({ context, idempotencyKey: 'pay' }));
    const update_inventory = await handlers.UpdateInventoryHandler(stepContext({ context, idempotencyKey: 'stock' }));
    const results = { ...step.results, validate_cart, process_payment, update_inventory };
    const create_order = await handlers.CreateOrderHandler(stepContext({ context, results, idempotencyKey: 'order' }));
    const sent = await handlers.SendConfirmationHandler(
      stepContext({ context, results: { ...results, create_order }, idempotencyKey: 'mail' }),
    );

    assert.deepEqual(validate_cart, {
      items_total: context.order_value,
      items_count: context.items_count,
      distinct_items: context.items.length,
      currency: context.currency,
    });
    assert.equal(process_payment.amount, context.order_value);
    assert.equal(process_payment.currency, context.currency);
    assert.equal(process_payment.payment_method, context.payment_method);
    assert.match(process_payment.payment_id, /^pay_[0-9a-f]{20}$/);
    assert.equal(update_inventory.items_reserved, context.items_count);
    assert.equal(update_inventory.warehouse, `warehouse-${context.region}`);
    assert.equal(create_order.status, 'confirmed');
    assert.equal(create_order.amount, context.order_value);
    assert.equal(sent.channel, 'email');
    const stats = await services.stats();
    for (const { accepted, requests, effects } of Object.values(stats)) {
      assert.deepEqual([requests, accepted, effects.maxPerCart], [1, 1, 1]);
    }
  });
});

describe('validate_cart', () => {
  const mismatches = [
    {
      title: 'an order value above the sum of the items',
      changes: { order_value: aCheckout().order_value + 1 },
      code: 'total_mismatch',
    },
    {
      title: 'an order value below the sum of the items',
      changes: { order_value: aCheckout().order_value - 1 },
      code: 'total_mismatch',
    },
    { title: 'a wrong number of items', changes: { items_count: 99 }, code: 'items_count_mismatch' },
    { title: 'an empty cart', changes: { items: [], items_count: 0, order_value: 0 }, code: 'empty_cart' },
    {
      title: 'half an item',
      changes: { items: [{ sku: 'sku-0001', quantity: 0.5, unit_price: 100 }], items_count: 0.5, order_value: 50 },
      code: 'invalid_cart',
    },
    {
      title: 'a negative price',
      changes: { items: [{ sku: 'sku-0001', quantity: 1, unit_price: -100 }], items_count: 1, order_value: -100 },
      code: 'invalid_cart',
    },
  ];

  for (const { title, changes, code } of mismatches) {
    it(`refuses ${title} for good`, async () => {
      const step = stepContext({ context: aCheckout(changes) });
      const error = await failureOf(PublicError, () => handlers.ValidateCartHandler(step));
      assert.deepEqual([error.code, error.status, error.permanent], [code, 422, true]);
    });
  }
});

describe('a service that refuses', () => {
  it('makes a declined card permanent, with a message that anyone may read', async () => {
    const step = stepContext({ context: aCheckout({ payment_token: declinedToken }) });
    const error = await failureOf(PublicError, () => handlers.ProcessPaymentHandler(step));
    assert.deepEqual([error.code, error.status, error.permanent], ['card_declined', 402, true]);
    assert.equal(error.message, 'The card was declined.');
    assert.equal((await services.stats()).payments.effects.total, 0);
  });

  it('makes an article that is out of stock permanent', async () => {
    const scarce = await startServices({ baseLatencyMs: 0, stockPerSku: 0 });
    try {
      const handler = createHandlers(scarce.urls).UpdateInventoryHandler;
      const error = await failureOf(PublicError, () => handler(stepContext()));
      assert.deepEqual([error.code, error.permanent], ['out_of_stock', true]);
    } finally {
      await scarce.close();
    }
  });

  it('makes any other refusal permanent and keeps its words to itself', async () => {
    const step = stepContext({ context: aCheckout({ customer_email: 'nowhere' }) });
    const error = await failureOf(PermanentError, () => handlers.SendConfirmationHandler(step));
    assert.deepEqual([error.code, error.status], ['invalid_recipient', 422]);
    assert.equal(error instanceof PublicError, false);
  });
});

describe('a service in trouble', () => {
  it('makes a 503 worth another attempt', async () => {
    await services.setFault('payments', { errorRate: 1 });
    const error = await failureOf(RetryableError, () => handlers.ProcessPaymentHandler(stepContext()));
    assert.deepEqual([error.status, error.code, error.retryAfterMs], [503, 'service_unavailable', undefined]);
  });

  it('has its word kept on when to try again', async () => {
    await services.setFault('orders', { errorRate: 1, status: 429, retryAfterSeconds: 7 });
    const error = await failureOf(RetryableError, () => handlers.CreateOrderHandler(stepContext()));
    assert.deepEqual([error.status, error.retryAfterMs], [429, 7000]);
  });

  it('makes a refused connection worth another attempt, under the system’s name for it', async () => {
    await services.close();
    const error = await failureOf(RetryableError, () => handlers.UpdateInventoryHandler(stepContext()));
    assert.deepEqual([error.code, error.status], ['ECONNREFUSED', undefined]);
  });

  it('charges once over two attempts when only the answer of the first was lost', async () => {
    await services.setFault('payments', { errorRate: 1, at: 'after_effect' });
    await failureOf(RetryableError, () => handlers.ProcessPaymentHandler(stepContext()));
    await services.setFault('payments', null);
    const payment = await handlers.ProcessPaymentHandler(stepContext({ attempt: 2 }));

    const { payments } = await services.stats();
    assert.equal(payment.amount, aCheckout().order_value);
    assert.deepEqual([payments.requests, payments.accepted, payments.duplicates], [2, 1, 1]);
    assert.deepEqual(payments.effects, { total: 1, keys: 1, maxPerKey: 1, maxPerCart: 1 });
  });

  it('charges once over two attempts when the first failed before it did anything', async () => {
    await services.setFault('payments', { errorRate: 1, at: 'before_effect' });
    await failureOf(RetryableError, () => handlers.ProcessPaymentHandler(stepContext()));
    await services.setFault('payments', null);
    await handlers.ProcessPaymentHandler(stepContext({ attempt: 2 }));

    const { payments } = await services.stats();
    assert.deepEqual([payments.accepted, payments.duplicates, payments.effects.total], [1, 0, 1]);
  });

  it('that hangs is left with the engine’s own reason when the engine aborts the attempt', async () => {
    await services.setFault('inventory', { hang: true });
    const engine = new AbortController();
    const attempt = Promise.resolve(handlers.UpdateInventoryHandler(stepContext({ signal: engine.signal })));
    const outcome = attempt.then(
      () => assert.fail('a hung call was answered'),
      (error: unknown) => error,
    );
    while ((await services.stats()).inventory.hanging === 0);
    const reason = new Error('the attempt timed out');
    engine.abort(reason);
    assert.equal(await outcome, reason);
  });

  const answers = [
    { title: 'that is not JSON', body: '<html>' },
    { title: 'that is not an object', body: '[]' },
    { title: 'without the field', body: '{"status":"confirmed"}' },
    { title: 'with a field of another type', body: '{"order_id":7,"status":"confirmed"}' },
  ];
  for (const { title, body } of answers) {
    it(`is asked again after an answer ${title}`, async () => {
      const server = createServer((_, response) => response.end(body)).listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      const address = server.address();
      assert.ok(address !== null && typeof address === 'object');
      try {
        const handler = createHandlers({
          ...services.urls,
          orders: `http://127.0.0.1:${address.port}`,
        }).CreateOrderHandler;
        const error = await failureOf(RetryableError, () => handler(stepContext()));
        assert.equal(error.code, 'malformed_answer');
      } finally {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    });
  }
});
