import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { atMs, hang, notice } from '../../../test/alerts/incidents.ts';
import { startStandIn } from '../../../test/alerts/stand-in.ts';
import { alertmanagerSinks } from '../../index.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import type { AlertmanagerAlert } from './alertmanager-alert.ts';
import { type AlertmanagerSinkOptions, checkAlertmanagerOptions } from './alertmanager-options.ts';
import { makeAlertmanagerSink } from './alertmanager-sink.ts';

const { signal } = new AbortController();
const delivered = { kind: 'delivered' };
const nowMs = atMs + 1000;

async function posting(t: TestContext, options: Partial<AlertmanagerSinkOptions> = {}) {
  const receiver = await startStandIn(() => ({ status: 200 }));
  t.after(() => receiver.close());
  const clock = new FakeClock(nowMs);
  const sink = makeAlertmanagerSink(checkAlertmanagerOptions({ url: `${receiver.url}/prefix/`, ...options }), clock);
  const posted = (index: number): AlertmanagerAlert[] =>
    JSON.parse(receiver.requests[index]?.body.toString() ?? '[]') as AlertmanagerAlert[];
  return { receiver, sink, clock, posted };
}

const isOver = ({ endsAt }: AlertmanagerAlert): boolean => Date.parse(endsAt) <= nowMs;

test('an alert is known by what does not change, and tells the rest in annotations', async (t) => {
  const { receiver, sink, posted } = await posting(t, { labels: { team: 'checkout' } });
  assert.deepEqual(await sink.alerts([notice('trigger')], { signal }), delivered);
  assert.equal(receiver.requests[0]?.path, '/prefix/api/v2/alerts');
  assert.deepEqual(posted(0), [
    {
      labels: {
        team: 'checkout',
        alertname: 'TaskerStepStalled',
        severity: 'error',
        environment: 'production',
        policy: 'step-stalled',
        namespace: 'ecommerce',
        task: 'checkout',
        step: 'update_inventory',
        system: 'inventory',
        cause: 'hang',
      },
      annotations: {
        summary: hang.summary,
        description: [
          'Where: ecommerce/checkout, step update_inventory',
          'Hits: customer_tier premium, gold; 12 tasks, growing',
          'Money: ¥1,200 and $48,210.00 at risk',
          'What to do: See whether inventory answers; if not, restart it.',
        ].join('\n'),
        action: hang.action,
        scope: 'customer_tier premium, gold',
        tasks_hit: '12',
        trend: 'growing',
        since: '2026-09-21T14:13:20.000Z',
        at_risk: '¥1,200 and $48,210.00',
        joined: 'revenue-at-risk',
        runbook_url: hang.runbookUrl,
        console_url: hang.consoleUrl,
        example_task: hang.exampleTask,
        example_trace: hang.exampleTrace,
      },
      startsAt: '2026-09-21T14:13:20.000Z',
      endsAt: '2026-09-21T14:18:33.000Z',
      generatorURL: hang.consoleUrl,
    },
  ]);
});

test('it is said again in time, and never ends before it would be', async (t) => {
  const { sink, clock, posted } = await posting(t, { repeatMs: 120_000 });
  assert.equal(sink.repeatAlertsMs, 120_000);
  await sink.alerts([notice('trigger')], { signal });
  await clock.advance(120_000);
  await sink.alerts([notice('repeat', {}, atMs + 120_000)], { signal });
  assert.deepEqual(
    [0, 1].map((index) => Date.parse(posted(index)[0]?.endsAt ?? '') - nowMs - index * 120_000),
    [480_000, 480_000],
  );
});

test('a new severity ends the alert of the old one in the request that opens the new one', async (t) => {
  const { receiver, sink, posted } = await posting(t);
  const worse = notice('update', { severity: 'critical' });
  await sink.alerts([notice('trigger')], { signal });
  receiver.trouble = { status: 500 };
  assert.equal((await sink.alerts([worse], { signal })).kind, 'retryable');
  receiver.trouble = null;
  await sink.alerts([worse], { signal });
  for (const request of [1, 2])
    assert.deepEqual(
      posted(request).map((alert) => [alert.labels['severity'], isOver(alert)]),
      [
        ['error', true],
        ['critical', false],
      ],
    );
  await sink.alerts([notice('repeat', { severity: 'critical' })], { signal });
  assert.equal(posted(3).length, 1, 'what has ended need not end again');
  await sink.alerts([notice('resolve', { severity: 'critical' })], { signal });
  assert.deepEqual(
    posted(4).map((alert) => [alert.labels['severity'], alert.endsAt, isOver(alert)]),
    [['critical', '2026-09-21T14:13:32.000Z', true]],
  );
});

test('a resolution that is said again does not end a newer incident of the same kind', async (t) => {
  const { receiver, sink, posted } = await posting(t);
  const resolved = notice('resolve', { key: 'old' });
  await sink.alerts([notice('trigger', { key: 'old' })], { signal });
  await sink.alerts([resolved], { signal });
  await sink.alerts([resolved], { signal });
  assert.ok(posted(2).every(isOver));
  await sink.alerts([notice('trigger', { key: 'new' })], { signal });
  assert.deepEqual(await sink.alerts([resolved], { signal }), delivered);
  assert.equal(receiver.requests.length, 4);
});

test('what an incident has cost opens nothing again', async (t) => {
  const { receiver, sink } = await posting(t);
  await sink.alerts([notice('trigger'), notice('resolve')], { signal });
  const before = receiver.requests.length;
  assert.deepEqual(await sink.alerts([notice('settle')], { signal }), delivered);
  assert.equal(receiver.requests.length, before);
});

test('an end from a clock that goes ahead is the present, and nothing ends before it begins', async (t) => {
  const { sink, posted } = await posting(t);
  await sink.alerts([notice('resolve', { sinceMs: nowMs + 60_000 }, nowMs + 90_000)], { signal });
  const moment = new Date(nowMs).toISOString();
  assert.deepEqual(
    posted(0).map(({ startsAt, endsAt }) => [startsAt, endsAt]),
    [[moment, moment]],
  );
});

test('an address that is none is left out: Alertmanager would refuse the alert for it', async (t) => {
  const { sink, posted } = await posting(t);
  await sink.alerts([notice('trigger', { consoleUrl: 'console', runbookUrl: 'javascript:alert(1)' })], { signal });
  const [alert] = posted(0);
  assert.deepEqual([alert?.generatorURL, alert?.annotations['runbook_url']], [undefined, undefined]);
});

test('what was missed is no matter for Alertmanager', async (t) => {
  const { receiver, sink } = await posting(t);
  assert.deepEqual(await sink.alerts([{ kind: 'summary', atMs, missed: [hang] }], { signal }), delivered);
  assert.equal(receiver.requests.length, 0);
});

test('of a cluster each member is told, and one that is dead holds up none and is told of by its name', async (t) => {
  const { receiver } = await posting(t);
  const sinks = alertmanagerSinks({ urls: ['http://127.0.0.1:9', receiver.url], repeatMs: 30_000 });
  const outcomes = await Promise.all(sinks.map((sink) => sink.alerts([notice('trigger')], { signal })));
  assert.deepEqual(
    sinks.map(({ name }, index) => [name, outcomes[index]]),
    [
      ['alertmanager-1', { kind: 'retryable', reason: 'Alertmanager cannot be reached (ECONNREFUSED)' }],
      ['alertmanager-2', delivered],
    ],
  );
  assert.throws(() => alertmanagerSinks({ urls: [] }), { code: 'TASKER_CONFIG_INVALID' });
});
