import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { createTasker } from '../../src/create-tasker.ts';
import { alertmanagerSink, defineTask, systemClock } from '../../src/index.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { startStandIn } from '../alerts/stand-in.ts';
import { until } from '../support/until.ts';
import { noAlertmanager, startAlertmanager } from './start-alertmanager.ts';

/** A shop whose inventory hangs for some regions, with a real Alertmanager to tell of it. */
async function shop(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'tasker-alertmanager-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const receiver = await startStandIn(() => ({ status: 200 }));
  t.after(() => receiver.close());
  const alertmanager = await startAlertmanager(t, folder, receiver.url);
  // What the engine calls now is past for Alertmanager, so that what has ended there has ended here.
  const clock = new FakeClock(systemClock.now() - 3_600_000);
  const hanging = new Set<string>();
  let wellAgain = Promise.withResolvers<void>();
  const task = defineTask<{ region: string; value: number }>({
    name: 'checkout',
    namespace_name: 'shop',
    version: '1.0.0',
    handler_config: {
      business_context: ['region', 'value'],
      business_metrics: { track_revenue: true, value: 'value', value_unit: 'minor' },
      monitoring: { critical_workflow: true },
    },
    step_templates: [
      {
        name: 'update_inventory',
        dependent_system: 'inventory',
        handler_config: { monitoring: { stall_seconds: 5 } },
        handler: async ({ context }) => {
          if (hanging.has(context.region)) await wellAgain.promise;
          return {};
        },
      },
    ],
  });
  let seed = 0;
  const start = async () => {
    const tasker = await createTasker(
      {
        storage: { kind: 'sqlite', file: join(folder, 'tasker.db') },
        tasks: [task],
        alerts: { scopeFields: ['region'] },
        // Said again only when there is something to say; and not over by itself before this clock has caught up.
        sinks: [alertmanagerSink({ url: alertmanager.url, repeatMs: 3_600_000 })],
      },
      { clock, random: seededRandom((seed += 1)), env: {}, onWarning: () => undefined },
    );
    await tasker.start();
    let isOver = false;
    const stop = async (): Promise<void> => {
      if (isOver) return;
      let isStopped = false;
      const stopped = tasker.stop({ graceMs: 0 }).finally(() => (isStopped = true));
      await comes(async () => isStopped);
      await stopped;
      isOver = true;
    };
    t.after(stop);
    const checkout = (region: string) =>
      tasker.run({ namespace: 'shop', name: 'checkout', context: { region, value: 1000 } });
    return { tasker, stop, checkout };
  };
  /** Time passes for the engine until it is so. */
  const comes = (look: () => Promise<boolean>): Promise<true> =>
    until(async () => {
      await clock.advance(50);
      return look();
    });
  const steps = async () => (await alertmanager.alerts()).map(({ labels, annotations }) => ({ labels, annotations }));
  /** Who was told, and of what state. */
  const told = (): readonly string[] =>
    receiver.requests.map(({ path, body }) => `${path} ${(JSON.parse(body.toString()) as { status: string }).status}`);
  const hang = (...regions: readonly string[]): void => regions.forEach((region) => void hanging.add(region));
  const recover = (): void => {
    hanging.clear();
    wellAgain.resolve();
    wellAgain = Promise.withResolvers();
  };
  return { clock, alertmanager, start, comes, steps, told, hang, recover };
}

test(
  'a step that hangs is one alert of a real Alertmanager: it grows, outlives the engine, and ends with the hang',
  { skip: noAlertmanager },
  async (t) => {
    const { clock, start, comes, steps, told, hang, recover } = await shop(t);
    const first = await start();
    for (let count = 0; count < 20; count += 1) {
      await first.checkout(count % 2 === 0 ? 'eu' : 'us');
      await clock.advance(500);
    }
    hang('eu');
    for (let count = 0; count < 6; count += 1) {
      await first.checkout(count % 2 === 0 ? 'eu' : 'us');
      await clock.advance(100);
    }
    await comes(async () => (await steps()).length > 0);
    const [opened, ...others] = await steps();
    assert.deepEqual(others, []);
    const { alertname, severity, namespace, task, step, system, cause } = opened?.labels ?? {};
    assert.deepEqual(
      { alertname, severity, namespace, task, step, system, cause },
      {
        alertname: 'TaskerStepStalled',
        severity: 'error',
        namespace: 'shop',
        task: 'checkout',
        step: 'update_inventory',
        system: 'inventory',
        cause: 'hang',
      },
    );
    assert.match(opened?.annotations['scope'] ?? '', /eu/);
    assert.equal(opened?.annotations['at_risk'], '$30.00');
    await until(async () => told().length === 1);

    hang('us');
    for (let count = 0; count < 12; count += 1) {
      await first.checkout(count % 2 === 0 ? 'eu' : 'us');
      await clock.advance(100);
    }
    await comes(async () => (await steps()).some(({ labels }) => labels['severity'] === 'critical'));
    await comes(async () => /everybody/.test((await steps())[0]?.annotations['scope'] ?? ''));
    const grown = await steps();
    assert.deepEqual(
      grown.map(({ labels }) => labels),
      [{ ...opened?.labels, severity: 'critical' }],
    );
    await until(async () => told().length === 3);

    await first.stop();
    const second = await start();
    await clock.advance(120_000);
    assert.deepEqual(
      (await steps()).map(({ labels }) => labels),
      grown.map(({ labels }) => labels),
    );
    assert.deepEqual(
      (await second.tasker.alerts()).map(({ state }) => state),
      ['firing'],
    );
    assert.deepEqual(told().toSorted(), ['/critical firing', '/other firing', '/other resolved']);

    recover();
    for (let count = 0; count < 60 && (await steps()).length > 0; count += 1) {
      await second.checkout(count % 2 === 0 ? 'eu' : 'us');
      await clock.advance(1000);
    }
    await comes(async () => (await steps()).length === 0);
    await until(async () => told().length === 4);
    assert.equal(told().at(-1), '/critical resolved');
    assert.deepEqual(
      (await second.tasker.alerts()).map(({ state }) => state),
      ['resolved'],
    );
  },
);

test(
  'what is silenced here is not seen by a real Alertmanager until the silence ends',
  { skip: noAlertmanager },
  async (t) => {
    const { clock, start, comes, steps, told, hang } = await shop(t);
    const { tasker, checkout } = await start();
    // The stored state of alerting is what a silence is checked against.
    await comes(async () => (await tasker.subscriberState('tasker.alerts')) !== null);
    await tasker.silenceAlerts({ match: { step: 'update_inventory' }, forMs: 600_000, why: 'stock-taking' });
    hang('eu');
    for (let count = 0; count < 6; count += 1) await checkout('eu');
    await comes(async () => (await tasker.alerts()).length > 0);
    await clock.advance(60_000);
    assert.deepEqual(
      (await tasker.alerts()).map(({ state, silenced }) => [state, silenced]),
      [['firing', true]],
    );
    assert.deepEqual([await steps(), told()], [[], []]);
    await clock.advance(540_000);
    await comes(async () => (await steps()).length === 1);
    await until(async () => told().length === 1);
  },
);
