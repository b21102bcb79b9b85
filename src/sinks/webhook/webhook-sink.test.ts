import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { atMs, hang, notice } from '../../../test/alerts/incidents.ts';
import { type StandInRequest, startStandIn } from '../../../test/alerts/stand-in.ts';
import { isGenuine as isGenuineByGuide } from '../../../test/docs/verify-webhook.ts';
import type { AlertNotice } from '../../index.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { signedHeaders } from './sign.ts';
import { checkWebhookOptions } from './webhook-options.ts';
import { makeWebhookSink } from './webhook-sink.ts';

const { signal } = new AbortController();
const secretOf = (seed: string): string => `whsec_${Buffer.from(seed.padEnd(32, '.')).toString('base64')}`;

async function receiving(t: TestContext, ...secrets: string[]) {
  const receiver = await startStandIn(() => ({ status: 200 }));
  t.after(() => receiver.close());
  const clock = new FakeClock(atMs + 500);
  const options = { url: `${receiver.url}/hook`, secret: secrets.length > 0 ? secrets : [secretOf('one')] };
  return { receiver, clock, sink: makeWebhookSink(checkWebhookOptions(options), clock) };
}

/** As our guide has a receiver do it; it shares no code with whoever signs. */
const isGenuine = ({ headers, body }: StandInRequest, secret: string, nowMs = atMs): boolean =>
  isGenuineByGuide(headers, body.toString(), secret, nowMs);

test("the signature is the one that the specification's own example has", () => {
  // From the test vectors of the reference libraries of https://www.standardwebhooks.com.
  const secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'];
  assert.deepEqual(
    signedHeaders('msg_p5jXN8AQM9LWM0D4loKWxJek', '{"test": 2432232314}', { secrets, nowMs: 1_614_265_330_000 }),
    {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
  );
});

test('a notice arrives signed, in a form that has a version', async (t) => {
  const { receiver, sink } = await receiving(t);
  assert.deepEqual(await sink.alerts([notice('trigger')], { signal }), { kind: 'delivered' });
  const [request] = receiver.requests as [StandInRequest];
  assert.equal(request.headers['webhook-timestamp'], '1790000012');
  assert.ok(isGenuine(request, secretOf('one')));
  assert.ok(!isGenuine({ ...request, body: Buffer.from('{}') }, secretOf('one')));
  assert.ok(!isGenuine(request, secretOf('two')));
  assert.ok(!isGenuine(request, secretOf('one'), atMs + 400_000), 'an old request is no longer one');
  const { data, ...about } = JSON.parse(request.body.toString()) as { data: { incident: Record<string, unknown> } };
  assert.deepEqual(about, { type: 'alert.triggered', version: 1, timestamp: '2026-09-21T14:13:32.000Z' });
  assert.deepEqual(data.incident, {
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
    first_error: null,
    since: '2026-09-21T14:13:20.000Z',
    tasks_hit: 12,
    hit_by: { customer_tier: { premium: 12 } },
    labels: {},
    scope: [{ field: 'customer_tier', values: ['premium', 'gold'] }],
    lost: {},
    lost_text: '',
    at_risk: { USD: 4_821_000, JPY: 1200 },
    at_risk_text: '¥1,200 and $48,210.00',
    trend: 'growing',
    action: hang.action,
    runbook_url: hang.runbookUrl,
    console_url: hang.consoleUrl,
    example_task: hang.exampleTask,
    example_trace: hang.exampleTrace,
  });
});

test('while a secret takes the place of another, both are good', async (t) => {
  const { receiver, sink } = await receiving(t, secretOf('new'), secretOf('old'));
  await sink.alerts([notice('trigger')], { signal });
  const [request] = receiver.requests as [StandInRequest];
  assert.ok(isGenuine(request, secretOf('new')) && isGenuine(request, secretOf('old')));
});

test('what is sent again has the id that it had, and what is new has another', async (t) => {
  const { receiver, sink, clock } = await receiving(t);
  const idOf = async (said: AlertNotice): Promise<string> => {
    await sink.alerts([said], { signal });
    return String(receiver.requests.at(-1)?.headers['webhook-id']);
  };
  const first = await idOf(notice('trigger'));
  await clock.advance(60_000);
  assert.equal(await idOf(notice('trigger', {}, atMs + 60_000)), first, 'a trigger may come again, at another moment');
  const [before, after] = receiver.requests;
  assert.notEqual(after?.headers['webhook-timestamp'], before?.headers['webhook-timestamp']);
  const others = [
    await idOf(notice('trigger', { key: 'another' })),
    await idOf(notice('update')),
    await idOf(notice('update', { tasksHit: 13 })),
    await idOf(notice('repeat')),
    await idOf(notice('repeat', {}, atMs + 1)),
    await idOf(notice('acknowledge')),
    await idOf(notice('resolve')),
    await idOf(notice('settle')),
    await idOf({ kind: 'summary', atMs, missed: [hang] }),
  ];
  assert.equal(new Set([first, ...others]).size, 10);
  assert.ok([first, ...others].every((id) => /^msg_[0-9a-f]{32}$/.test(id)));
});

test('an answer that is large or without end fills no memory', async (t) => {
  const { receiver, sink } = await receiving(t);
  receiver.trouble = 'floods';
  assert.deepEqual(await sink.alerts([notice('trigger')], { signal }), { kind: 'delivered' });
});

for (const [status, expected] of [
  [302, { kind: 'rejected', reason: 'the webhook answered 302, and redirections are not followed' }],
  [410, { kind: 'rejected', reason: 'the webhook answered 410' }],
  [408, { kind: 'retryable', reason: 'the webhook answered 408' }],
  [502, { kind: 'retryable', reason: 'the webhook answered 502' }],
] as const) {
  test(`a webhook's ${status} is ${expected.kind}`, async (t) => {
    const { receiver, sink } = await receiving(t);
    receiver.trouble = { status, headers: { location: 'http://169.254.169.254/' }, body: 'secret-4711' };
    assert.deepEqual(await sink.alerts([notice('trigger')], { signal }), expected);
    assert.equal(receiver.requests.length, 1);
  });
}
