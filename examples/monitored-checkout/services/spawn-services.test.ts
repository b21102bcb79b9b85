import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { post } from '../test-support/post.ts';
import { spawnServices } from './spawn-services.ts';

const charge = { cart_id: 'cart-1', amount: 1200, currency: 'USD', payment_method: 'card', payment_token: 'tok_1' };

describe('the services in a process of their own', () => {
  it('answer, count and take faults as they do in this one, and end when closed', async () => {
    const services = await spawnServices({ baseLatencyMs: 0 });
    try {
      assert.notEqual(services.pid, process.pid);
      const charges = `${services.urls.payments}/charges`;
      assert.equal((await post(charges, charge)).status, 201);
      await services.setFault('payments', { errorRate: 1, at: 'before_effect' });
      assert.equal((await post(charges, charge, { key: 'other' })).status, 503);
      await services.setFault('payments', null);
      assert.equal((await post(charges, charge)).replayed, true);
      const { payments, mail } = await services.stats();
      assert.deepEqual([payments.requests, payments.failed, payments.effects.maxPerKey], [3, 1, 1]);
      assert.equal(mail.requests, 0);
      await assert.rejects(services.setFault('mail', { errorRate: 7 }), /The mail service refused the fault/);
    } finally {
      await Promise.all([services.close(), services.close()]);
    }
    assert.throws(() => process.kill(services.pid, 0), { code: 'ESRCH' });
    await assert.rejects(fetch(services.urls.payments), TypeError);
  });

  it('end with calls that still hang', async () => {
    const services = await spawnServices({ baseLatencyMs: 0 });
    await services.setFault('payments', { hang: true });
    const hung = assert.rejects(post(`${services.urls.payments}/charges`, charge), TypeError);
    while ((await services.stats()).payments.hanging === 0);
    await services.close();
    await hung;
  });

  it('end with the process that started them, even when it is killed', async () => {
    const parent = spawn(
      process.execPath,
      [fileURLToPath(new URL('../test-support/killed-parent.ts', import.meta.url))],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const [printed] = await once(parent.stdout, 'data');
    // The services hold their parent's standard error open: it closes only when the last of them has gone.
    const [code, signal] = await once(parent, 'close');
    assert.deepEqual([code, signal], [null, 'SIGKILL']);
    await assert.rejects(fetch(String(printed).trim()), TypeError);
  });

  it('say why when they could not start', async () => {
    const services = await spawnServices({ baseLatencyMs: 0 });
    const taken = Number(new URL(services.urls.mail).port);
    await assert.rejects(spawnServices({ ports: { mail: taken } }), /could not start: listen EADDRINUSE/);
    await services.close();
  });
});
