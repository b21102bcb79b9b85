import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { LoggedEvent } from '../../index.ts';
import { parseScenario } from '../scenario/read-scenario.ts';
import { FaultWatch } from './fault-watch.ts';
import { Ledger } from './ledger.ts';

const scenario = parseScenario(
  `
start: 2026-01-05T00:00:00Z
duration: 10m
workflows:
  - name: checkout
    namespace: shop
    steps:
      - { name: pay, latency: { p50_ms: 100, p99_ms: 400 } }
      - { name: ship }
faults:
  - { kind: hang, step: pay, from: 100s, to: 200s }
  - { kind: slow_ramp, step: ship, from: 300s, to: 400s, who: { region: eu } }
`,
  'truth.yaml',
);
const { startMs } = scenario;
const [hang, ramp] = scenario.faults;
assert.ok(hang !== undefined && ramp !== undefined);
const of = { namespace: 'shop', task: 'checkout' };

interface Line {
  readonly at: number;
  readonly name: LoggedEvent['name'];
  readonly task: string;
  readonly step?: string;
  readonly attempt?: number;
  readonly worth?: number;
  readonly currency?: string;
  readonly region?: string;
  readonly payload?: object;
}

/** An event of the log by hand; `at` in seconds of the run. */
function event({
  at,
  name,
  task,
  step,
  attempt = 1,
  worth = 1000,
  currency = 'USD',
  region = 'us',
  payload = {},
}: Line) {
  return {
    id: '',
    position: 0,
    schemaVersion: 1,
    name,
    occurredAt: startMs + at * 1000,
    taskId: task,
    step: step ?? null,
    attempt: step === undefined ? null : attempt,
    namespace: 'shop',
    taskName: 'checkout',
    business: { order_value: worth, currency, region },
    payload,
  } as unknown as LoggedEvent;
}

describe('money, from the log alone', () => {
  const ledger = new Ledger(scenario.workflows);
  const log: readonly Line[] = [
    { at: 50, name: 'step.failed', task: 'before', step: 'pay', worth: 7 },
    { at: 110, name: 'step.stalled', task: 'a', step: 'pay', worth: 100 },
    { at: 112, name: 'step.failed', task: 'b', step: 'pay', worth: 20, currency: 'EUR' },
    { at: 113, name: 'step.failed', task: 'elsewhere', step: 'ship', worth: 4 },
    { at: 120, name: 'step.failed', task: 'a', step: 'pay' },
    {
      at: 130,
      name: 'task.sla_breached',
      task: 'c',
      worth: 3,
      payload: { openSteps: [{ step: 'pay', status: 'in_progress', attempt: 1, since: null }] },
    },
    { at: 140, name: 'task.failed', task: 'a' },
    { at: 150, name: 'task.completed', task: 'b' },
  ];
  for (const line of log) ledger.take(event(line));
  const at = (seconds: number) => ledger.moneyOf(hang, of, startMs, startMs + seconds * 1000);

  test('what open tasks are worth that stalled, failed or breached at the step is at risk', () => {
    assert.deepEqual(at(135), { lost: {}, atRisk: { USD: 103, EUR: 20 } });
  });

  test('what ended in error is lost, and what completed after all is neither', () => {
    assert.deepEqual(at(160), { lost: { USD: 100 }, atRisk: { USD: 3 } });
  });

  test('as of a moment before the trouble, there is none', () => {
    assert.deepEqual(at(105), { lost: {}, atRisk: {} });
  });

  test('only tasks of whom the fault is meant for count', () => {
    const own = new Ledger(scenario.workflows);
    own.take(event({ at: 310, name: 'step.stalled', task: 'd', step: 'ship', region: 'eu', worth: 5 }));
    own.take(event({ at: 310, name: 'step.stalled', task: 'e', step: 'ship', region: 'us', worth: 6 }));
    assert.deepEqual(own.moneyOf(ramp, of, startMs, startMs + 320_000), { lost: {}, atRisk: { USD: 5 } });
  });
});

describe('when a fault showed', () => {
  const watch = new FaultWatch(scenario);
  const hit = (fault: number, taskId: string, step: string, attempt = 1) => watch.hit({ fault, taskId, step, attempt });
  hit(0, 'a', 'pay');
  hit(0, 'b', 'pay');
  hit(1, 'c', 'ship');
  hit(1, 'd', 'ship');
  const log: readonly Line[] = [
    { at: 110, name: 'step.failed', task: 'retried by chance', step: 'pay' },
    { at: 115, name: 'step.stalled', task: 'a', step: 'pay' },
    { at: 116, name: 'step.stalled', task: 'b', step: 'pay' },
    { at: 130, name: 'step.failed', task: 'a', step: 'pay' },
    { at: 190, name: 'task.failed', task: 'a' },
    { at: 230, name: 'task.completed', task: 'b' },
    { at: 301, name: 'step.completed', task: 'c', step: 'ship', payload: { durationMs: 200 } },
    { at: 360, name: 'step.completed', task: 'd', step: 'ship', payload: { durationMs: 10_000 } },
  ];
  for (const line of log) watch.take(event(line));
  const [ofHang, ofRamp] = watch.truths(startMs + 600_000);

  test('at the first hit attempt that stalled or failed, each task once', () => {
    assert.deepEqual(
      ofHang?.shownAtMs.map((atMs) => (atMs - startMs) / 1000),
      [115, 116],
    );
    assert.equal(ofHang?.tasksHit, 2);
  });

  test('where it only made calls slow, when one passed the 99th percentile of the healthy', () => {
    assert.deepEqual(
      ofRamp?.shownAtMs.map((atMs) => (atMs - startMs) / 1000),
      [350.32],
    );
  });

  test('it is over with the last task that it hit, or not before the end', () => {
    assert.equal(((ofHang?.overAtMs ?? 0) - startMs) / 1000, 230);
    assert.equal(((ofRamp?.overAtMs ?? 0) - startMs) / 1000, 600);
  });
});
