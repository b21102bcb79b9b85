import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';

import { hang, notice } from '../../../test/alerts/incidents.ts';
import { type PagerDuty, routingKey, startPagerDuty } from '../../../test/alerts/pagerduty.ts';
import type { AlertNotice, AlertSink } from '../../index.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { checkPagerDutyOptions } from './pagerduty-options.ts';
import { makePagerDutySink } from './pagerduty-sink.ts';

const { signal } = new AbortController();
const delivered = { kind: 'delivered' };

async function paging(t: TestContext): Promise<{ pagerDuty: PagerDuty; sink: AlertSink; clock: FakeClock }> {
  const clock = new FakeClock();
  const pagerDuty = await startPagerDuty({ now: () => clock.now() });
  t.after(() => pagerDuty.close());
  return {
    pagerDuty,
    clock,
    sink: makePagerDutySink(checkPagerDutyOptions({ routingKey, url: pagerDuty.url }), clock),
  };
}

const say = async (sink: AlertSink, ...notices: AlertNotice[]): Promise<void> => {
  for (const one of notices) assert.deepEqual(await sink.alerts([one], { signal }), delivered);
};

test('an incident is one alert from its trigger to its resolution, and pages once', async (t) => {
  const { pagerDuty, sink } = await paging(t);
  await say(sink, notice('trigger'), notice('trigger'), notice('update', { severity: 'critical', summary: 'Worse.' }));
  assert.deepEqual(
    [...pagerDuty.alerts],
    [[hang.key, { status: 'triggered', severity: 'critical', summary: 'Worse.', events: 3 }]],
  );
  await say(sink, notice('acknowledge'));
  assert.equal(pagerDuty.alerts.get(hang.key)?.status, 'acknowledged');
  await say(sink, notice('update'), notice('resolve'));
  assert.equal(pagerDuty.alerts.get(hang.key)?.status, 'resolved');
  assert.deepEqual([pagerDuty.paged, pagerDuty.dropped, pagerDuty.refused], [[hang.key], [], []]);
});

test('whoever is paged sees the step, the cause, the money and what to do', async (t) => {
  const { pagerDuty, sink } = await paging(t);
  await say(sink, notice('trigger'));
  assert.deepEqual(JSON.parse(pagerDuty.requests[0]?.body.toString() ?? ''), {
    routing_key: routingKey,
    dedup_key: hang.key,
    event_action: 'trigger',
    payload: {
      summary: 'update_inventory of ecommerce/checkout hangs: 12 tasks wait, $48,210.00 at risk.',
      severity: 'error',
      source: 'tasker production',
      timestamp: '2026-09-21T14:13:32.000Z',
      component: 'update_inventory',
      group: 'ecommerce/checkout',
      class: 'hang',
      custom_details: {
        key: hang.key,
        severity: 'error',
        environment: 'production',
        policy: 'step-stalled',
        joined: ['revenue-at-risk'],
        summary: hang.summary,
        namespace: 'ecommerce',
        task: 'checkout',
        step: 'update_inventory',
        system: 'inventory',
        cause: 'hang',
        since: '2026-09-21T14:13:20.000Z',
        tasks_hit: 12,
        hit_by: { customer_tier: { premium: 12 } },
        scope: [{ field: 'customer_tier', values: ['premium', 'gold'] }],
        at_risk: { USD: 4_821_000, JPY: 1200 },
        at_risk_text: '¥1,200 and $48,210.00',
        trend: 'growing',
        action: hang.action,
        runbook_url: hang.runbookUrl,
        console_url: hang.consoleUrl,
        example_task: hang.exampleTask,
        example_trace: hang.exampleTrace,
      },
    },
    links: [
      { href: 'https://runbooks.example/step-stalled', text: 'Runbook' },
      { href: 'https://console.example/incidents?id=1&tab=a', text: 'Console' },
    ],
    client: 'Tasker',
    client_url: 'https://console.example/incidents?id=1&tab=a',
  });
});

test('what began and ended unseen pages nobody: it is a change of the service', async (t) => {
  const { pagerDuty, sink } = await paging(t);
  const missed = Array.from({ length: 30 }, (_, index) => ({
    ...hang,
    key: `k${index}`,
    summary: `Incident ${index}.`,
  }));
  await say(sink, { kind: 'summary', atMs: hang.sinceMs, missed });
  assert.deepEqual([pagerDuty.paged, [...pagerDuty.alerts]], [[], []]);
  assert.match(
    pagerDuty.changes[0] ?? '',
    /^30 incidents began and ended while notices could not be delivered: Incident 0\.; .*; and 21 more$/,
  );
});

test('what an incident has cost in the end stands among the changes: its alert is closed, and stays so', async (t) => {
  const { pagerDuty, sink } = await paging(t);
  await say(sink, notice('trigger'), notice('resolve'), notice('settle', { summary: 'It was over. $81.84 lost.' }));
  assert.deepEqual(pagerDuty.changes, ['Resolved, and what it has cost: It was over. $81.84 lost.']);
  assert.equal(pagerDuty.alerts.get(hang.key)?.status, 'resolved');
  assert.deepEqual([pagerDuty.paged, pagerDuty.refused], [[hang.key], []]);
});

test('a key that is too long, or no plain text, still tells one incident from another', async (t) => {
  const { pagerDuty, sink } = await paging(t);
  const long = 'ü'.repeat(300);
  for (const key of [`${long}1`, `${long}2`, 'a\nb', 'a b', '\ud800', '\ud801', ''])
    await say(sink, notice('trigger', { key }), notice('update', { key }), notice('resolve', { key }));
  assert.equal(pagerDuty.paged.length, 7);
  assert.ok([...pagerDuty.alerts.values()].every(({ status }) => status === 'resolved'));
});

test('an event that is too large goes without its details rather than not at all', async (t) => {
  const { pagerDuty, sink } = await paging(t);
  const joined = Array.from({ length: 100 }, () => '\u0001'.repeat(4000));
  await say(sink, notice('trigger', { joined, summary: '😀'.repeat(5000) }));
  const [request] = pagerDuty.requests;
  const { payload } = JSON.parse(request?.body.toString() ?? '') as {
    payload: { summary: string; custom_details: object };
  };
  assert.deepEqual(payload.custom_details, { error: 'The details are left out: with them the event is over 512 KB.' });
  assert.equal(payload.summary, `${'😀'.repeat(1023)}…`);
});

test('what PagerDuty refuses is not sent again, and the reason names its fields and nothing of what was sent', async (t) => {
  const { pagerDuty } = await paging(t);
  const anotherKey = 'A'.repeat(32);
  const parts = checkPagerDutyOptions({ routingKey: anotherKey, url: pagerDuty.url });
  assert.deepEqual(await makePagerDutySink(parts, new FakeClock()).alerts([notice('trigger')], { signal }), {
    kind: 'rejected',
    reason: 'PagerDuty answered 400 (it minds routing_key)',
  });
});

test('more than 120 calls in a minute wait as long as PagerDuty asks, and then get through', async (t) => {
  const { pagerDuty, sink, clock } = await paging(t);
  const calls = Array.from({ length: 121 }, (_, index) => notice('trigger', { key: `key ${index}` }));
  for (const call of calls.slice(0, 60)) await say(sink, call);
  await clock.advance(20_000);
  const rest = calls.slice(60);
  const full = await sink.alerts(rest, { signal });
  assert.deepEqual(full, { kind: 'retryable', reason: 'PagerDuty answered 429', afterMs: 40_000 });
  await clock.advance(40_000);
  assert.deepEqual(await sink.alerts(rest, { signal }), delivered);
  assert.equal(pagerDuty.paged.length, 121);
  assert.equal(pagerDuty.requests.length, 122, 'what had been taken was not sent again');
});

test('a batch that fails half way goes on where it stopped, so that what is over is not opened again', async (t) => {
  const { pagerDuty, sink } = await paging(t);
  const life = [notice('trigger', { key: 'a' }), notice('resolve', { key: 'a' }), notice('trigger', { key: 'b' })];
  const first = sink.alerts(life, { signal });
  await pagerDuty.asked(2);
  pagerDuty.trouble = { status: 500 };
  assert.equal((await first).kind, 'retryable');
  pagerDuty.trouble = null;
  assert.deepEqual(await sink.alerts(life, { signal }), delivered);
  assert.deepEqual(pagerDuty.paged, ['a', 'b']);
});

for (const [trouble, expected] of [
  [{ status: 500 }, { reason: 'PagerDuty answered 500' }],
  [{ status: 429 }, { reason: 'PagerDuty answered 429', afterMs: 30_000 }],
  [
    { status: 503, headers: { 'retry-after': '120' } },
    { reason: 'PagerDuty answered 503', afterMs: 120_000 },
  ],
  [
    { status: 503, headers: { 'retry-after': 'Mon, 21 Sep 2026 14:14:20 GMT' } },
    { reason: 'PagerDuty answered 503', afterMs: 60_000 },
  ],
  ['dies', { reason: 'PagerDuty cannot be reached (ECONNRESET)' }],
] as const) {
  test(`${JSON.stringify(trouble)} of PagerDuty may pass, and the same is taken afterwards`, async (t) => {
    const { pagerDuty, sink } = await paging(t);
    pagerDuty.trouble = trouble;
    assert.deepEqual(await sink.alerts([notice('trigger')], { signal }), { kind: 'retryable', ...expected });
    pagerDuty.trouble = null;
    await say(sink, notice('trigger'));
    assert.deepEqual(pagerDuty.paged, [hang.key]);
  });
}

for (const trouble of ['silent', 'drips'] as const) {
  test(`a PagerDuty that is ${trouble} is left when its time is up, or when nobody waits any longer`, async (t) => {
    const { pagerDuty, sink, clock } = await paging(t);
    pagerDuty.trouble = trouble;
    const waiting = sink.alerts([notice('trigger')], { signal });
    await pagerDuty.asked(1);
    await clock.advance(10_000);
    assert.deepEqual(await waiting, { kind: 'retryable', reason: 'PagerDuty cannot be reached (ETIMEDOUT)' });
    const patience = new AbortController();
    const left = sink.alerts([notice('trigger')], { signal: patience.signal });
    await pagerDuty.asked(2);
    patience.abort();
    assert.deepEqual(await left, { kind: 'retryable', reason: 'nobody waits any longer' });
  });
}

test('a PagerDuty that is not there is told of without its address', async () => {
  const sink = makePagerDutySink(
    checkPagerDutyOptions({ routingKey, url: 'http://127.0.0.1:9/path' }),
    new FakeClock(),
  );
  assert.deepEqual(await sink.alerts([notice('trigger')], { signal }), {
    kind: 'retryable',
    reason: 'PagerDuty cannot be reached (ECONNREFUSED)',
  });
});

test('nobody who redirects is given the key', async (t) => {
  const { pagerDuty } = await paging(t);
  const redirecting = createServer((_, response) => {
    response.writeHead(307, { location: `${pagerDuty.url}/v2/enqueue` }).end();
  }).listen(0, '127.0.0.1');
  t.after(() => redirecting.close());
  await new Promise((resolve) => redirecting.once('listening', resolve));
  const url = `http://127.0.0.1:${(redirecting.address() as AddressInfo).port}`;
  const sink = makePagerDutySink(checkPagerDutyOptions({ routingKey, url }), new FakeClock());
  assert.deepEqual(await sink.alerts([notice('trigger')], { signal }), {
    kind: 'rejected',
    reason: 'PagerDuty answered 307, and redirections are not followed',
  });
  assert.equal(pagerDuty.requests.length, 0);
});
