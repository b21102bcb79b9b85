import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { createTasker, defineTask, type PolicyInput, type Tasker } from '../../src/index.ts';
import type { Storage } from '../../src/execution/storage.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';

/** Engines one after the other on one store in memory, on one clock. */
function engines(t: TestContext) {
  const clock = new FakeClock();
  const world = { hangs: false };
  const checkout = defineTask({
    name: 'checkout',
    namespace_name: 'shop',
    handler_config: {
      business_context: ['order_value', 'currency'],
      business_metrics: { track_revenue: true },
      monitoring: { critical_workflow: true },
    },
    step_templates: [
      { name: 'pay', handler: () => ({}) },
      {
        name: 'update_inventory',
        depends_on_step: 'pay',
        default_retryable: true,
        default_retry_limit: 2,
        handler_config: { timeout_seconds: 20, monitoring: { stall_seconds: 10 } },
        handler: ({ signal }) =>
          world.hangs
            ? new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('called off'))))
            : {},
      },
    ],
  });
  let kept: Storage | undefined;
  let seed = 0;
  let living: Tasker | null = null;
  const stop = async (): Promise<void> => {
    if (living === null) return;
    const stopped = living.stop({ graceMs: 0 });
    living = null;
    await clock.advance(5000);
    await stopped;
  };
  t.after(async () => {
    await stop();
    await kept?.close();
  });
  const open = (policies: readonly PolicyInput[] = []): Promise<Tasker> =>
    createTasker(
      { storage: { kind: 'memory' }, tasks: [checkout], alerts: { enabled: true, policies } },
      {
        clock,
        random: seededRandom((seed += 1)),
        env: {},
        onWarning: () => undefined,
        wrapStorage(opened) {
          kept ??= opened;
          if (kept !== opened) void opened.close();
          return { ...kept, close: async () => undefined };
        },
      },
    );
  const start = async (): Promise<Tasker> => {
    const tasker = await open();
    await tasker.start();
    living = tasker;
    return tasker;
  };
  /** A checkout every second. */
  const goOn = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      await living?.run({ name: 'checkout', namespace: 'shop', context: { order_value: 1000, currency: 'USD' } });
      await clock.advance(1000);
    }
  };
  return { clock, world, start, stop, open, goOn };
}

test('over the log of an engine that hung, was stopped and came back, a backtest says what was said as it ran', async (t) => {
  const { clock, world, start, stop, open, goOn } = engines(t);
  const sinceMs = clock.now() - 1;
  await start();
  await goOn(90);
  world.hangs = true;
  await goOn(40);
  await stop();
  await clock.advance(600_000);
  world.hangs = false;
  const tasker = await start();
  await goOn(120);
  const { events } = await tasker.events({ limit: 10_000 });
  const said = events.filter(({ name }) => name.startsWith('alert.'));
  assert.ok(said.some(({ name }) => name === 'alert.resolved'));
  const keys = (name: string) =>
    said
      .filter((event) => event.name === name)
      .map(({ payload, occurredAt }) => [(payload as { incident: { key: string } }).incident.key, occurredAt]);

  const before = await tasker.subscriberState('tasker.alerts');
  const position = await tasker.lastPosition();
  const report = await tasker.backtestAlerts({ sinceMs });
  assert.deepEqual(
    report.incidents.map(({ key, firstNoticeMs }) => [key, firstNoticeMs]),
    keys('alert.triggered'),
  );
  assert.deepEqual(
    report.incidents.filter(({ resolvedMs }) => resolvedMs !== null).map(({ key, resolvedMs }) => [key, resolvedMs]),
    keys('alert.resolved'),
  );
  assert.deepEqual(
    report.incidents[0]?.saidThen.map(({ key }) => key),
    [report.incidents[0]?.key],
  );
  assert.deepEqual(await tasker.subscriberState('tasker.alerts'), before, 'the stored state is left alone');
  assert.equal(await tasker.lastPosition(), position, 'nothing is recorded');

  await stop();
  const client = await open();
  const again = await client.backtestAlerts({ sinceMs, untilMs: report.untilMs });
  assert.deepEqual(again.incidents, report.incidents, 'no engine is needed');
  const patience = { name: 'step_stalled', minimum_tasks: 15, alone_factor: 1000 };
  const patient = await client.backtestAlerts({ sinceMs, policies: [patience] });
  assert.ok((patient.incidents[0]?.firstNoticeMs ?? 0) > (report.incidents[0]?.firstNoticeMs ?? 0));
  await client.stop();

  const configured = await open([patience]);
  assert.deepEqual((await configured.backtestAlerts({ sinceMs })).incidents, patient.incidents);
  const file = { file: 'p.yaml', text: '- { name: step_stalled, minimum_tasks: 3 }' };
  const over = await configured.backtestAlerts({ sinceMs, policyFile: file });
  assert.equal(
    over.incidents[0]?.firstNoticeMs,
    report.incidents[0]?.firstNoticeMs,
    'a file goes over them, key by key',
  );
  await configured.stop();
});

test('a backtest refuses policies that are none and times that are none', async (t) => {
  const { clock, start } = engines(t);
  const tasker = await start();
  const refused = (options: Parameters<Tasker['backtestAlerts']>[0], message: RegExp): Promise<void> =>
    assert.rejects(tasker.backtestAlerts(options), { code: 'TASKER_REQUEST_INVALID', message });
  const sinceMs = clock.now() - 1000;
  await refused({ sinceMs, policies: [{ name: 'error_ratio', ratio: 3 }] }, /ratio: expected a number from 0 to 1/);
  await refused({ sinceMs, policies: [{ name: 'mine' }] }, /'mine' is no built-in policy/);
  await refused(
    { sinceMs, policyFile: { file: 'p.yaml', text: '- name: error_ratio\n  ratio: 3\n' } },
    /p\.yaml:2:10 {2}error {2}\[0\]\.ratio: expected a number from 0 to 1, got the number 3/,
  );
  await refused({ sinceMs: clock.now() + 1000 }, /begins before it ends, and before now/);
  await refused({ sinceMs: Number.NaN }, /got NaN/);
  const empty = await tasker.backtestAlerts({ sinceMs });
  assert.deepEqual([empty.incidents, empty.totals.failed, empty.totals.spokeBeforeMs], [[], 0, null]);
});
