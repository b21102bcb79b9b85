import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, test } from 'node:test';
import { post } from '../test-support/post.ts';
import type { Services } from './services.ts';
import { startServices } from './start-services.ts';

const charge = { cart_id: 'cart-1', amount: 1200, currency: 'USD', payment_method: 'card', payment_token: 'tok_1' };

let services: Services;
let charges: string;

beforeEach(async () => {
  services = await startServices({ baseLatencyMs: 0 });
  charges = `${services.urls.payments}/charges`;
});
afterEach(() => services.close());

async function paymentStats() {
  return (await services.stats()).payments;
}

describe('a service', () => {
  it('gives a key that comes again the first answer, and makes no second effect', async () => {
    const first = await post(charges, charge);
    const second = await post(charges, charge);
    assert.equal(first.status, 201);
    assert.deepEqual([first.replayed, second.replayed], [false, true]);
    assert.deepEqual(second.body, first.body);
    const { requests, accepted, duplicates, effects } = await paymentStats();
    assert.deepEqual([requests, accepted, duplicates], [2, 1, 1]);
    assert.deepEqual(effects, { total: 1, keys: 1, maxPerKey: 1, maxPerCart: 1 });
  });

  it('makes one effect for twenty calls with one key at once', async () => {
    await services.setFault('payments', { latencyMs: 20 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(charges, charge)));
    assert.equal(new Set(answers.map(({ body }) => body['payment_id'])).size, 1);
    assert.equal(answers.filter(({ replayed }) => !replayed).length, 1);
    const { accepted, duplicates, effects } = await paymentStats();
    assert.deepEqual([accepted, duplicates, effects.total], [1, 19, 1]);
  });

  it('shows one cart that was charged under two keys', async () => {
    await post(charges, charge, { key: 'a' });
    await post(charges, charge, { key: 'b' });
    const { effects } = await paymentStats();
    assert.deepEqual(effects, { total: 2, keys: 2, maxPerKey: 1, maxPerCart: 2 });
  });

  it('keeps to a refusal too when its key comes again', async () => {
    const declined = { ...charge, payment_token: 'tok_declined' };
    const first = await post(charges, declined);
    const second = await post(charges, declined);
    assert.deepEqual([first.status, first.body['code']], [402, 'card_declined']);
    assert.deepEqual([second.status, second.replayed], [402, true]);
    const { accepted, refused, effects } = await paymentStats();
    assert.deepEqual([accepted, refused, effects.total], [0, 1, 0]);
  });

  const refusals: readonly { title: string; body: unknown; key?: string | null; status: number; code: string }[] = [
    {
      title: 'a call without an idempotency key',
      body: charge,
      key: null,
      status: 400,
      code: 'idempotency_key_missing',
    },
    { title: 'a body that is not JSON', body: 'amount=1', status: 400, code: 'invalid_json' },
    { title: 'an amount of nothing', body: { ...charge, amount: 0 }, status: 422, code: 'invalid_amount' },
    { title: 'an amount in fractions', body: { ...charge, amount: 1.5 }, status: 422, code: 'invalid_amount' },
  ];
  for (const { title, body, key = 'key-1', status, code } of refusals) {
    it(`refuses ${title}`, async () => {
      const answer = await post(charges, body, { key });
      assert.deepEqual([answer.status, answer.body['code']], [status, code]);
      assert.equal((await paymentStats()).effects.total, 0);
    });
  }

  it('refuses a key that comes back with another body', async () => {
    await post(charges, charge);
    const answer = await post(charges, { ...charge, amount: 9 });
    assert.deepEqual([answer.status, answer.body['code']], [422, 'idempotency_key_reused']);
  });

  it('answers a path that it does not have with the ones that it has', async () => {
    const answer = await post(`${services.urls.payments}/refunds`, charge);
    assert.equal(answer.status, 404);
    assert.match(String(answer.body['message']), /POST \/charges/);
  });

  it('gives the same answers again in a run with the same keys', async () => {
    const first = await post(charges, charge);
    await services.close();
    services = await startServices({ baseLatencyMs: 0 });
    assert.deepEqual((await post(`${services.urls.payments}/charges`, charge)).body, first.body);
  });
});

const lines = (a: number, b: number) => ({
  region: 'uk',
  lines: [
    { sku: 'a', quantity: a },
    { sku: 'b', quantity: b },
  ],
});

describe('the inventory', () => {
  it('reserves all of a cart or nothing of it', async () => {
    await services.close();
    services = await startServices({ baseLatencyMs: 0, stockPerSku: 5 });
    const reservations = `${services.urls.inventory}/reservations`;
    const refused = await post(reservations, lines(1, 6), { key: '1' });
    const taken = await post(reservations, lines(5, 4), { key: '2' });
    const late = await post(reservations, lines(1, 1), { key: '3' });
    assert.deepEqual([refused.status, refused.body['code']], [409, 'out_of_stock']);
    assert.deepEqual([taken.status, taken.body['items_reserved'], taken.body['warehouse']], [201, 9, 'warehouse-uk']);
    assert.equal(late.status, 409);
  });

  it('adds up lines of the same article before it looks at the stock', async () => {
    await services.close();
    services = await startServices({ baseLatencyMs: 0, stockPerSku: 5 });
    const line = { sku: 'a', quantity: 3 };
    const answer = await post(`${services.urls.inventory}/reservations`, { lines: [line, line] });
    assert.equal(answer.status, 409);
  });
});

describe('starting the services', () => {
  it('takes the ports it is given', async () => {
    const port = Number(new URL(services.urls.payments).port);
    await services.close();
    const again = await startServices({ baseLatencyMs: 0, ports: { payments: port } });
    assert.equal(again.urls.payments, `http://127.0.0.1:${port}`);
    await again.close();
  });

  it('leaves none of them running when one port is taken', async () => {
    const taken = Number(new URL(services.urls.payments).port);
    const { payments, ...others } = services.urls;
    const ports = Object.fromEntries(Object.entries(others).map(([name, url]) => [name, Number(new URL(url).port)]));
    await services.close();
    services = await startServices({ baseLatencyMs: 0, ports: { mail: taken } });
    await assert.rejects(startServices({ baseLatencyMs: 0, ports: { ...ports, mail: taken } }), { code: 'EADDRINUSE' });
    await assert.rejects(fetch(`${others.inventory}/health`), TypeError);
    assert.notEqual(payments, services.urls.payments);
  });
});

test('services listen on this machine alone unless they are given another host', async (t) => {
  const [alone, open] = [await startServices(), await startServices({ host: '0.0.0.0' })];
  t.after(() => Promise.all([alone.close(), open.close()]));
  // Another of this machine's loopback addresses stands for one that others reach.
  const health = (url: string) => fetch(`${url.replace('127.0.0.1', '127.0.0.2')}/health`);
  assert.equal((await health(open.urls.orders)).status, 200);
  await assert.rejects(health(alone.urls.orders));
});
