import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { runScenario } from './run-scenario.ts';
import { parseScenario } from './scenario/read-scenario.ts';

const text = `
duration: 4m
workflows:
  - name: checkout
    namespace: shop
    traffic: { per_second: 1 }
    sla_seconds: 200
    steps:
      - { name: pay }
      - { name: ship, stall_seconds: 5 }
faults:
  - { kind: hang, step: ship, from: 1m, to: 2m }
`;

test('a hang is measured from its first stall to what was said of it and to its end', async () => {
  const result = await runScenario(parseScenario(text, 'hang.yaml'), 3);
  const [fault] = result.alerting.faults;
  assert.ok(fault !== undefined && fault.detectSeconds !== null && fault.resolveSeconds !== null);
  assert.ok(fault.tasksHit > 40, `${fault.tasksHit} of about 60`);
  assert.ok(fault.detectSeconds < 10, 'told of with the third task that hangs');
  assert.deepEqual([fault.first?.stepRight, fault.first?.causeRight, fault.first?.scopeRight], [true, true, true]);
  assert.ok(fault.resolveSeconds >= 0 && fault.resolveSeconds < 60);
  assert.equal(fault.opened, 1);
  assert.ok((fault.money?.truth.atRisk['USD'] ?? 0) > 50_000);
  assert.ok((fault.money?.error ?? 1) < 0.5, 'it ended just then; figures are told every ten seconds');
  assert.equal(fault.money?.errorWhenSaid, 0);
  assert.deepEqual(result.alerting.falseAlerts, []);
  assert.deepEqual(result.healthy.failed + result.healthy.breached, 0);
  const [byRules] = result.baseline.faults;
  assert.ok((byRules?.detectSeconds ?? Infinity) > 30, 'three usual rules need longer');
});

test('the same file and seed give the same report to the byte, another seed another', async () => {
  const report = async (seed: number): Promise<string> => {
    const { speed: _speed, ...result } = await runScenario(parseScenario(text, 'hang.yaml'), seed);
    return JSON.stringify(result);
  };
  const [first, again, other] = [await report(1), await report(1), await report(2)];
  assert.equal(again, first);
  assert.notEqual(other, first);
});

describe('healthy traffic', () => {
  const noisy = `
duration: 5m
noise: { slow: { share: 0.1, factor: 4 }, retries: { share: 0.2, error: resource } }
workflows:
  - name: checkout
    traffic: { per_second: 2 }
    sla_seconds: 60
    steps: [{ name: pay, retry_limit: 2 }, { name: ship, retry_limit: 2 }]
`;

  test('retries, and nothing of it fails for good or passes its SLA', async () => {
    const { healthy, tasks, baseline } = await runScenario(parseScenario(noisy, 'noisy.yaml'), 1);
    assert.ok(tasks > 500);
    assert.deepEqual([healthy.failed, healthy.breached], [0, 0]);
    // A fifth of the first attempts of each of two steps, at most one of a task.
    assert.ok(healthy.retried > 0.3 * tasks && healthy.retried < 0.42 * tasks, `${healthy.retried} of ${tasks}`);
    assert.deepEqual(baseline.falseAlerts, []);
  });

  test('stops in quiet hours, and in a silence of whom it is meant for', async () => {
    const quiet = `
start: 2026-01-05T02:50:00Z
duration: 20m
workflows:
  - name: checkout
    traffic: { per_second: 1, quiet: [{ from: "03:00", to: "04:00" }] }
    steps: [{ name: pay }]
faults:
  - { kind: silence, from: 1m, to: 9m, who: { region: [eu, us] } }
`;
    const { tasks, alerting } = await runScenario(parseScenario(quiet, 'quiet.yaml'), 1);
    const [silence] = alerting.faults;
    assert.ok((silence?.tasksHit ?? 0) > 320 && (silence?.tasksHit ?? 0) < 450, 'four fifths of eight minutes');
    assert.ok(tasks > 150 && tasks < 280, 'two minutes, and a fifth of eight');
  });
});

describe('each kind of fault', () => {
  const withFault = (fault: string): string => text.replace(/ {2}- \{ kind: hang.*/, `  - ${fault}`);
  const cases: readonly (readonly [hits: string, fault: string, hit: readonly [number, number]])[] = [
    ['every call of the step', '{ kind: timeout, step: ship, after_seconds: 4, from: 1m, to: 2m }', [40, 90]],
    ['its share of the calls', '{ kind: error_burst, step: ship, ratio: 0.5, from: 1m, to: 2m }', [20, 45]],
    ['every call, more and more', '{ kind: slow_ramp, step: ship, factor: 20, from: 1m, to: 2m }', [40, 90]],
    ['whom it is meant for', '{ kind: hang, step: ship, who: { customer_tier: premium }, from: 1m, to: 2m }', [2, 15]],
  ];
  for (const [hits, fault, [least, most]] of cases)
    test(`hits ${hits}: ${fault}`, async () => {
      const { alerting } = await runScenario(parseScenario(withFault(fault), 'kinds.yaml'), 1);
      const [measured] = alerting.faults;
      assert.equal(measured?.felt, true);
      assert.ok((measured?.tasksHit ?? 0) >= least && (measured?.tasksHit ?? 0) <= most, `${measured?.tasksHit}`);
    });
});
