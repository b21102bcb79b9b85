import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { post } from '../test-support/post.ts';
import { parseFault } from './fault.ts';
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

async function untilHanging(count: number): Promise<void> {
  while ((await paymentStats()).hanging !== count);
}

/** The answers of forty calls of which half fail. */
async function halfFailing(seed: number): Promise<number[]> {
  const seeded = await startServices({ baseLatencyMs: 0, seed });
  await seeded.setFault('payments', { errorRate: 0.5 });
  const statuses: number[] = [];
  for (let call = 0; call < 40; call += 1) {
    statuses.push((await post(`${seeded.urls.payments}/charges`, charge, { key: `key-${call}` })).status);
  }
  const { payments } = await seeded.stats();
  await seeded.close();

  const answered = statuses.filter((status) => status === 201).length;
  assert.equal(payments.failed, 40 - answered);
  assert.ok(payments.effects.total > answered && payments.effects.total < 40);
  return statuses;
}

describe('the fault switch', () => {
  it('fails calls before the effect, so that the next attempt is the first', async () => {
    await services.setFault('payments', { errorRate: 1, at: 'before_effect', retryAfterSeconds: 3 });
    const failed = await post(charges, charge);
    assert.deepEqual([failed.status, failed.headers.get('retry-after')], [503, '3']);
    assert.equal((await paymentStats()).effects.total, 0);
    await services.setFault('payments', null);
    assert.equal((await post(charges, charge)).replayed, false);
  });

  it('fails calls after the effect, so that the next attempt is a duplicate', async () => {
    await services.setFault('payments', { errorRate: 1, at: 'after_effect', status: 500 });
    assert.equal((await post(charges, charge)).status, 500);
    assert.equal((await paymentStats()).effects.total, 1);
    await services.setFault('payments', null);
    assert.equal((await post(charges, charge)).replayed, true);
    assert.equal((await paymentStats()).effects.total, 1);
  });

  it('left alone fails calls on either side, the same ones for the same seed', async () => {
    assert.deepEqual(await halfFailing(11), await halfFailing(11));
  });

  it('hits only calls with the values that it names', async () => {
    await services.setFault('payments', { errorRate: 1, match: { customer_tier: 'premium', region: 'uk' } });
    const call = async (tier: string, region: string) =>
      (await post(charges, { ...charge, customer_tier: tier, region }, { key: `${tier} ${region}` })).status;
    assert.equal(await call('premium', 'uk'), 503);
    assert.equal(await call('premium', 'us-east'), 201);
    assert.equal(await call('gold', 'uk'), 201);
    assert.equal((await post(charges, charge, { key: 'neither' })).status, 201);
  });

  it('hits calls with any of the values that it lists', async () => {
    await services.setFault('payments', { errorRate: 1, match: { payment_method: ['paypal', 'apple_pay'] } });
    const call = async (method: string) =>
      (await post(charges, { ...charge, payment_method: method }, { key: method })).status;
    assert.deepEqual([await call('paypal'), await call('apple_pay'), await call('card')], [503, 503, 201]);
  });

  it('leaves the other services alone', async () => {
    await services.setFault('inventory', { errorRate: 1 });
    assert.equal((await post(charges, charge)).status, 201);
  });

  it('slows calls down until it is off', async () => {
    await services.setFault('payments', { latencyMs: 3_600_000 });
    const left = new AbortController();
    const slow = post(charges, charge, { key: 'slow', signal: left.signal });
    while ((await paymentStats()).requests === 0);
    await services.setFault('payments', null);
    assert.equal((await post(charges, charge, { key: 'quick' })).status, 201);
    left.abort();
    await assert.rejects(slow, { name: 'AbortError' });
    const { accepted, hung } = await paymentStats();
    assert.deepEqual([accepted, hung], [1, 0]);
  });

  it('lets calls hang that stay unanswered when it is off, while others are answered', async () => {
    await services.setFault('payments', { hang: true });
    const left = new AbortController();
    let settled = false;
    const hung = post(charges, charge, { signal: left.signal }).finally(() => (settled = true));
    await untilHanging(1);

    await services.setFault('payments', null);
    assert.equal((await post(charges, charge, { key: 'other' })).status, 201);
    assert.equal((await post(charges, charge)).replayed, false, 'the hung call holds its key');
    assert.equal(settled, false);

    left.abort();
    await assert.rejects(hung, { name: 'AbortError' });
    await untilHanging(0);
    assert.equal((await paymentStats()).hung, 1);
  });

  it('can do the work of a call and let only its answer hang', async () => {
    await services.setFault('payments', { hang: true, at: 'after_effect' });
    const left = new AbortController();
    const hung = post(charges, charge, { signal: left.signal });
    await untilHanging(1);
    await services.setFault('payments', null);
    assert.equal((await post(charges, charge)).replayed, true);
    left.abort();
    await assert.rejects(hung, { name: 'AbortError' });
  });

  it('frees hung and slow calls when the service closes', async () => {
    await services.setFault('payments', { hang: true });
    await services.setFault('mail', { latencyMs: 3_600_000 });
    const hung = post(charges, charge);
    const slow = post(`${services.urls.mail}/messages`, { to: 'a@example.com', template: 'x' });
    const rejected = Promise.all([assert.rejects(hung, TypeError), assert.rejects(slow, TypeError)]);
    await untilHanging(1);
    while ((await services.stats()).mail.requests === 0);
    await Promise.all([services.close(), services.close()]);
    await rejected;
  });

  it('leaves the health check green, as real hangs do', async () => {
    await services.setFault('payments', { hang: true });
    const response = await fetch(`${services.urls.payments}/health`);
    assert.deepEqual([response.status, await response.json()], [200, { status: 'ok' }]);
  });

  it('tells what is in force', async () => {
    const fault = { latencyMs: 5, match: { region: 'uk' } };
    await services.setFault('payments', fault);
    assert.deepEqual(await (await fetch(`${services.urls.payments}/fault`)).json(), { fault });
    await fetch(`${services.urls.payments}/fault`, { method: 'DELETE' });
    assert.deepEqual(await (await fetch(`${services.urls.payments}/fault`)).json(), { fault: null });
  });

  it('refuses what is no fault and keeps the one in force', async () => {
    await services.setFault('payments', { latencyMs: 1 });
    const url = `${services.urls.payments}/fault`;
    const misspelt = await fetch(url, { method: 'PUT', body: '{"errorrate":1}' });
    assert.equal(misspelt.status, 400);
    assert.match(await misspelt.text(), /Unknown fault setting 'errorrate'; known are latencyMs, errorRate/);
    assert.equal((await fetch(url, { method: 'PUT', body: '{' })).status, 400);
    await assert.rejects(services.setFault('payments', { errorRate: 2 }), /errorRate' must be a number from 0 to 1/);
    assert.deepEqual(await (await fetch(url)).json(), { fault: { latencyMs: 1 } });
  });

  const wrong: readonly unknown[] = [
    null,
    [],
    { latencyMs: -1 },
    { latencyMs: '5' },
    { hang: 'yes' },
    { at: 'midway' },
    { status: 200 },
    { retryAfterSeconds: 0.5 },
    { match: ['region'] },
    { match: { region: null } },
    { match: { region: [] } },
    { match: { region: ['uk', null] } },
  ];
  for (const fault of wrong) {
    it(`refuses ${JSON.stringify(fault)}`, () => {
      assert.throws(() => parseFault(fault), { name: 'InvalidFaultError' });
    });
  }
});
