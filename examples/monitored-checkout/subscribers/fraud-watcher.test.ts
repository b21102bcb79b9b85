import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { createTestTasker } from '../../../src/testing/index.ts';
import { defineTask, PublicError } from '../tasker.ts';
import { type FraudCase, fraudWatcher, type FraudWatcherOptions } from './fraud-watcher.ts';

/** A checkout reduced to its payment: each card is declined that the context says is. */
const checkout = defineTask<{ region: string; declined: boolean }>({
  name: 'checkout',
  handler_config: { business_context: ['region'] },
  step_templates: [
    {
      name: 'process_payment',
      default_retryable: false,
      handler({ context }) {
        if (context.declined) throw new PublicError('The card was declined.', { code: 'card_declined' });
        return {};
      },
    },
  ],
});

async function shop(t: TestContext, options: Partial<FraudWatcherOptions> = {}) {
  const cases: (FraudCase & { readonly key: string })[] = [];
  const watcher = fraudWatcher({
    openCase: (fraud, key) => void cases.push({ ...fraud, key }),
    threshold: 3,
    windowMs: 60_000,
    ...options,
  });
  const { tasker, clock, stop } = await createTestTasker({ tasks: [checkout], subscribers: [watcher] });
  t.after(stop);
  const pay = async (region: string, declined = true): Promise<string> => {
    const handle = await tasker.run({ name: 'checkout', context: { region, declined } });
    await handle.wait();
    await clock.advance(1000);
    return handle.id;
  };
  return { tasker, clock, cases, pay };
}

test('three declined cards of one region within a minute are one case', async (t) => {
  const { cases, pay } = await shop(t);
  await pay('uk');
  await pay('uk', false);
  await pay('us-east');
  await pay('uk');
  assert.deepEqual(cases, []);
  const last = await pay('uk');
  await pay('uk');
  assert.deepEqual(
    cases.map(({ region, declinedCards, latestTask }) => [region, declinedCards, latestTask]),
    [['uk', 3, last]],
  );
});

test('declined cards that lie further apart are none', async (t) => {
  const { clock, cases, pay } = await shop(t);
  for (let count = 0; count < 5; count += 1) {
    await pay('uk');
    await clock.advance(40_000);
  }
  assert.deepEqual(cases, []);
});

test('a replay finds the same cases and opens none again, unless it is told to deliver', async (t) => {
  const { tasker, cases, pay } = await shop(t);
  for (let count = 0; count < 4; count += 1) await pay('uk');
  const [found] = cases;
  assert.ok(found !== undefined);
  await tasker.replay('fraud-watcher', { from: 'beginning' });
  assert.equal(cases.length, 1);
  await tasker.replay('fraud-watcher', { from: 'beginning', deliver: true });
  assert.deepEqual(cases, [found, found], 'with the same key, so that the desk can tell');
});

test('a desk that cannot be reached holds no checkout up; its case is kept for an operator', async (t) => {
  const { tasker, clock, pay } = await shop(t, {
    openCase: () => Promise.reject(new Error('the desk is closed')),
  });
  for (let count = 0; count < 3; count += 1) await pay('uk');
  await clock.advance(60_000);
  assert.deepEqual(
    (await tasker.parked('fraud-watcher')).events.map(({ eventName, error }) => [eventName, error?.message]),
    [['step.failed', 'the desk is closed']],
  );
});
