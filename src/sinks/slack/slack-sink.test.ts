import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { hang, notice } from '../../../test/alerts/incidents.ts';
import { slackFaults } from '../../../test/alerts/slack-rules.ts';
import { startStandIn } from '../../../test/alerts/stand-in.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import type { AlertNotice } from '../../index.ts';
import { type SlackMessage, slackMessage } from './slack-message.ts';
import { checkSlackOptions } from './slack-options.ts';
import { makeSlackSink } from './slack-sink.ts';

const { signal } = new AbortController();

const shown = (said: AlertNotice): string => {
  const message = slackMessage(said) as SlackMessage;
  assert.deepEqual(slackFaults(JSON.stringify(message)), []);
  return message.blocks
    .flatMap(({ text, fields = [], elements = [] }) => [...(text ? [text] : []), ...fields, ...elements])
    .map(({ text }) => text)
    .join('\n\n');
};

test('one message says what, where, since when, whom it hits, how much money and what to do', () => {
  assert.equal(
    shown(
      notice('trigger', { firstError: { type: 'GatewayError', code: 'busy', status: 503 }, lost: { EUR: 120_000 } }),
    ),
    [
      '*🟠 Error* · production\nupdate_inventory of ecommerce/checkout hangs: 12 tasks wait, $48,210.00 at risk.',
      '*Where*\necommerce/checkout, step update_inventory',
      '*Since*\n<!date^1790000000^{date_short_pretty}, {time_secs}|2026-09-21T14:13:20.000Z>',
      '*Hits*\ncustomer_tier premium, gold; 12 tasks, growing',
      '*Cause*\nhang: GatewayError, code busy, status 503',
      '*Lost*\n€1,200.00',
      '*At risk*\n¥1,200 and $48,210.00',
      '*What to do*\nSee whether inventory answers; if not, restart it.',
      '<https://runbooks.example/step-stalled|Runbook> · <https://console.example/incidents?id=1&amp;tab=a|Console>' +
        ' · example task 0199f0c2-1d2e-7000-8000-000000000001 · trace 4bf92f3577b34da6a3ce929d0e0e4736',
    ].join('\n\n'),
  );
});

test('a resolution says how long it was and what it cost', () => {
  const resolved = notice('resolve', { lost: { USD: 500 }, atRisk: {} }, hang.sinceMs + 720_000);
  assert.match(
    shown(resolved),
    /^\*✅ Resolved\*.*\n.*\n\nAfter 12 min: ecommerce\/checkout, .*; 12 tasks hit; \$5\.00 lost\n/,
  );
  assert.match(
    shown(notice('settle', { lost: { USD: 1500 }, atRisk: {} })),
    /^\*🧾 Resolved, and what it has cost\*.*\n.*\n\nMore was lost than was known when it ended: .*; \$15\.00 lost\n/,
  );
  assert.match(shown(notice('update', { severity: 'critical' })), /^\*🔴 Update, critical\*/);
  assert.match(shown(notice('acknowledge')), /^\*👀 Acknowledged\*/);
});

test('what was missed is one message, and what is only said again is none', async (t) => {
  const missed = Array.from({ length: 40 }, () => ({ ...hang, summary: 'It <hung> & came back.' }));
  assert.match(
    shown({ kind: 'summary', atMs: hang.sinceMs, missed }),
    /^ℹ️ 40 incidents began .*: It &lt;hung&gt; &amp; came back\.; .*and 31 more\nThey are over/,
  );
  const { slack, sink } = await posting(t);
  assert.deepEqual(await sink.alerts([notice('repeat')], { signal }), { kind: 'delivered' });
  assert.equal(slack.requests.length, 0);
});

test('nobody is called by a name in an incident, and no address is made of one', () => {
  const text = shown(notice('trigger', { summary: '<!channel> <@U123> <https://evil.example|Runbook> & "x"' }));
  assert.ok(text.includes('&lt;!channel&gt; &lt;@U123&gt; &lt;https://evil.example|Runbook&gt; &amp; "x"'));
  const odd = shown(notice('trigger', { consoleUrl: 'https://console.example/?a=<b>|c&d "e"', runbookUrl: 'ftp://x' }));
  assert.ok(odd.includes('<https://console.example/?a=%3Cb%3E%7Cc&amp;d%20%22e%22|Console>'), odd);
  assert.ok(!odd.includes('ftp'));
});

for (const [answer, expected] of [
  [
    { status: 404, body: 'no_service' },
    { kind: 'rejected', reason: 'Slack answered 404 (no_service)' },
  ],
  [
    { status: 403, body: 'the token secret-4711' },
    { kind: 'rejected', reason: 'Slack answered 403' },
  ],
  [
    { status: 429, headers: { 'retry-after': '30' }, body: 'ratelimited' },
    { kind: 'retryable', reason: 'Slack answered 429 (ratelimited)', afterMs: 30_000 },
  ],
  [
    { status: 500, body: 'rollup_error' },
    { kind: 'retryable', reason: 'Slack answered 500 (rollup_error)' },
  ],
] as const) {
  test(`Slack's ${answer.status} ${answer.body} is ${expected.kind}`, async (t) => {
    const { slack, sink } = await posting(t);
    slack.trouble = answer;
    assert.deepEqual(await sink.alerts([notice('trigger')], { signal }), expected);
  });
}

async function posting(t: TestContext) {
  const slack = await startStandIn(() => ({ status: 200, body: 'ok' }));
  t.after(() => slack.close());
  const parts = checkSlackOptions({ webhookUrl: `${slack.url}/services/T0/B0/secret` });
  return { slack, sink: makeSlackSink(parts, new FakeClock()) };
}
