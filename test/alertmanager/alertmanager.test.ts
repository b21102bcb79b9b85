import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { type AlertIncident, type AlertNotice, alertmanagerSink, systemClock } from '../../src/index.ts';
import { hang } from '../alerts/incidents.ts';
import { startStandIn } from '../alerts/stand-in.ts';
import { until } from '../support/until.ts';
import { type AlertmanagerView, noAlertmanager, startAlertmanager } from './start-alertmanager.ts';

const { signal } = new AbortController();

async function alerting(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'tasker-alertmanager-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const receiver = await startStandIn(() => ({ status: 200 }));
  t.after(() => receiver.close());
  const alertmanager = await startAlertmanager(t, folder, receiver.url);
  const sink = alertmanagerSink({ url: alertmanager.url });
  const sinceMs = systemClock.now() - 60_000;
  const say = async (
    kind: Exclude<AlertNotice['kind'], 'summary'>,
    changes: Partial<AlertIncident> = {},
  ): Promise<void> => {
    const incident = { ...hang, sinceMs, ...changes };
    const outcome = await sink.alerts([{ kind, atMs: systemClock.now(), incident }], { signal });
    assert.deepEqual(outcome, { kind: 'delivered' });
  };
  /** Who was told, and of what state, in order. */
  const told = (): readonly string[] =>
    receiver.requests.map(({ path, body }) => `${path} ${(JSON.parse(body.toString()) as { status: string }).status}`);
  return { alertmanager, say, told };
}

const severities = (alerts: readonly AlertmanagerView[]): readonly string[] =>
  alerts.map(({ labels }) => labels['severity'] ?? '');

test(
  'a real Alertmanager shows an incident, its update, its escalation and its resolution, and tells each once',
  { skip: noAlertmanager },
  async (t) => {
    const { alertmanager, say, told } = await alerting(t);
    await say('trigger');
    const [first] = await alertmanager.alerts();
    assert.equal(first?.labels['step'], 'update_inventory');
    assert.equal(first.labels['alertname'], 'TaskerStepStalled');
    assert.equal(first.annotations['at_risk'], '¥1,200 and $48,210.00');
    assert.equal(first.generatorURL, hang.consoleUrl);
    await until(async () => told().length === 1);

    await say('update', { tasksHit: 40, atRisk: { USD: 9_000_000 } });
    const [updated, another] = await alertmanager.alerts();
    assert.equal(another, undefined, 'scope and money are no new alert');
    assert.equal(updated?.annotations['tasks_hit'], '40');
    assert.equal(updated.startsAt, first.startsAt);

    await say('update', { severity: 'critical' });
    assert.deepEqual(severities(await alertmanager.alerts()), ['critical']);
    await until(async () => told().length === 3);
    assert.deepEqual(told().toSorted(), ['/critical firing', '/other firing', '/other resolved']);

    await say('repeat', { severity: 'critical' });
    await say('resolve', { severity: 'critical' });
    await say('resolve', { severity: 'critical' });
    assert.deepEqual(await alertmanager.alerts(), []);
    await until(async () => told().length === 4);
    assert.equal(told().at(-1), '/critical resolved');
  },
);

test(
  'a real Alertmanager keeps a newer incident open while the end of the one before is said again',
  { skip: noAlertmanager },
  async (t) => {
    const { alertmanager, say } = await alerting(t);
    const old = { key: 'old' };
    await say('trigger', old);
    await say('resolve', old);
    assert.deepEqual(await alertmanager.alerts(), []);
    const sinceMs = systemClock.now();
    await say('trigger', { key: 'new', sinceMs });
    await say('resolve', old);
    const [open, another] = await alertmanager.alerts();
    assert.equal(another, undefined);
    assert.equal(Date.parse(open?.startsAt ?? ''), sinceMs);
  },
);

test('a real Alertmanager takes whatever a template lets out', { skip: noAlertmanager }, async (t) => {
  const { alertmanager, say } = await alerting(t);
  const hostile = '\n"quoted" \\ <b>&amp; {{ $x }} \ud800 \u0000 ü😀';
  await say('trigger', {
    policy: hostile,
    environment: hostile,
    task: 'x'.repeat(10_000),
    step: hostile,
    cause: '',
    summary: hostile.repeat(1000),
    action: hostile,
    consoleUrl: 'http://[broken',
    runbookUrl: 'https://runbooks.example/a b|c"\n',
    scope: [{ field: hostile, values: [hostile] }],
    lost: { [hostile]: 1 },
  });
  assert.equal((await alertmanager.alerts()).length, 1);
});
