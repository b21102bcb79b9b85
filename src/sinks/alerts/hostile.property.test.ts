import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { everyTextIsWellFormed, pagerDutyFaults } from '../../../test/alerts/pagerduty-rules.ts';
import { routingKey } from '../../../test/alerts/pagerduty.ts';
import { slackFaults } from '../../../test/alerts/slack-rules.ts';
import { alertSeverities, type AlertIncident, type AlertNotice } from '../../signals/alert.ts';
import { alertOf, labelsOf } from '../alertmanager/alertmanager-alert.ts';
import { pagerDutyEvent } from '../pagerduty/pagerduty-event.ts';
import { slackMessage } from '../slack/slack-message.ts';
import { signedHeaders, webhookId } from '../webhook/sign.ts';
import { noticeJson } from './alert-json.ts';

/** Whatever a template may let out, and whatever may stand in a name. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ maxLength: 40 }).map((text) => `${text}\ud800${text}\udc00`),
  fc.constantFrom(
    '',
    ' ',
    '\r\n*What to do*\n',
    '<!channel>&amp;<@U1|x>',
    '"}],"routing_key":"x"',
    '{{ .Labels }} $(id) `',
    '\u202e\u0000\u2028',
    '&'.repeat(10_000),
    '😀'.repeat(10_000),
    'x'.repeat(10_000),
    '<!date^1^{date}|a>',
    '__proto__',
  ),
);
const url = fc.option(
  fc.oneof(
    hostile,
    fc.webUrl(),
    hostile.map((text) => `https://a.example/${text}`),
  ),
);
const count = fc.oneof(fc.nat(), fc.constantFrom(0, Number.MAX_SAFE_INTEGER, Number.NaN));
const moment = fc.oneof(fc.integer({ min: 0, max: 4e12 }), fc.constantFrom(0, 8.64e15));
const money = fc.dictionary(fc.oneof(hostile, fc.constantFrom('USD', 'JPY', 'unknown')), count, { maxKeys: 4 });
const orNone = fc.option(hostile);

const incident: fc.Arbitrary<AlertIncident> = fc.record({
  key: hostile,
  severity: fc.constantFrom(...alertSeverities),
  environment: hostile,
  policy: hostile,
  joined: fc.array(hostile, { maxLength: 30 }),
  summary: hostile,
  namespace: orNone,
  task: orNone,
  step: orNone,
  system: orNone,
  cause: hostile,
  firstError: fc.option(fc.record({ type: hostile, code: orNone, status: fc.option(fc.nat()) })),
  sinceMs: moment,
  tasksHit: count,
  hitBy: fc.dictionary(hostile, fc.dictionary(hostile, count, { maxKeys: 4 }), { maxKeys: 4 }),
  labels: fc.dictionary(hostile, hostile, { maxKeys: 4 }),
  scope: fc.array(fc.record({ field: hostile, values: fc.array(hostile, { maxLength: 15 }) }), { maxLength: 15 }),
  lost: money,
  atRisk: money,
  trend: fc.constantFrom('growing', 'steady', 'falling'),
  action: hostile,
  runbookUrl: url,
  consoleUrl: url,
  exampleTask: orNone,
  exampleTrace: orNone,
});

const notice: fc.Arbitrary<AlertNotice> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('trigger', 'update', 'repeat', 'acknowledge', 'resolve', 'settle'),
    atMs: moment,
    incident,
  }),
  fc.record({ kind: fc.constant('summary' as const), atMs: moment, missed: fc.array(incident, { maxLength: 4 }) }),
);

const always = (holds: (said: AlertNotice) => void): void => fc.assert(fc.property(notice, holds), { numRuns: 200 });

test('no text breaks an event for PagerDuty or makes it pass a limit', () =>
  always((said) => {
    const { path, body } = pagerDutyEvent(said, { routingKey, source: null });
    assert.deepEqual(pagerDutyFaults(path, Buffer.from(body)), []);
  }));

test('no text becomes markup of a message for Slack or makes it pass a limit', () =>
  always((said) => {
    const message = slackMessage(said);
    if (message !== null) assert.deepEqual(slackFaults(JSON.stringify(message)), []);
  }));

test('no text breaks an alert for Alertmanager, and its labels hold no id, no amount and nothing long', () =>
  always((said) => {
    if (said.kind === 'summary') return;
    const labels = labelsOf(said.incident, {});
    const alert = alertOf(said.incident, labels, { nowMs: said.atMs, endsAtMs: said.atMs });
    assert.ok(everyTextIsWellFormed(alert));
    assert.ok(Date.parse(alert.startsAt) <= Date.parse(alert.endsAt));
    for (const value of Object.values(labels)) assert.ok(value !== '' && Buffer.byteLength(value) <= 255);
    for (const text of Object.values(alert.annotations)) assert.ok(text !== '' && text.length <= 12_000);
    if (alert.generatorURL !== undefined) assert.ok(/^https?:\/\/[^\s"<>]+$/.test(alert.generatorURL));
    const later = {
      ...said.incident,
      key: 'k',
      exampleTask: 'id',
      exampleTrace: 'id',
      tasksHit: 7,
      sinceMs: 1,
      summary: 's',
    };
    assert.deepEqual(labelsOf({ ...later, lost: { EUR: 1 }, atRisk: {}, scope: [], joined: [] }, {}), labels);
  }));

test('no text breaks the JSON of a webhook, or what is signed with it', () =>
  always((said) => {
    const body = JSON.stringify(noticeJson(said));
    const read = JSON.parse(body) as { readonly version: number };
    assert.ok(everyTextIsWellFormed(read) && read.version === 1);
    const headers = signedHeaders(webhookId(said), body, { secrets: ['whsec_AAAA'], nowMs: 1_790_000_000_000 });
    for (const value of Object.values(headers)) assert.match(value, /^[\x21-\x7e]+$/);
  }));
