import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { AlertIncident, AlertNotice } from '../../index.ts';
import { parseScenario } from '../scenario/read-scenario.ts';
import type { FaultTruth } from '../truth/fault-watch.ts';
import { missedTargets } from './check-targets.ts';
import { explain } from './explain.ts';
import { incidentsIn, type Received } from './incidents.ts';
import { measureFault, moneyError } from './measure-fault.ts';
import { quantile } from './quantile.ts';
import { totalsOf } from './totals.ts';

const scenario = parseScenario(
  `
duration: 15m
workflows:
  - { name: checkout, namespace: shop, steps: [{ name: pay }, { name: ship }] }
faults:
  - { kind: hang, step: pay, from: 100s, to: 200s, who: { customer_tier: premium } }
`,
  'measure.yaml',
);
const [fault] = scenario.faults;
assert.ok(fault !== undefined);
const truth: FaultTruth = {
  fault,
  fromMs: 100_000,
  toMs: 200_000,
  shownAtMs: [105_000, 106_000],
  tasksHit: 2,
  overAtMs: 260_000,
};

function incident(changes: Partial<AlertIncident> = {}): AlertIncident {
  return {
    key: 'k',
    severity: 'critical',
    environment: 'lab',
    policy: 'step_stalled',
    joined: [],
    summary: '',
    namespace: 'shop',
    task: 'checkout',
    step: 'pay',
    system: 'pay',
    cause: 'hang',
    firstError: null,
    sinceMs: 0,
    tasksHit: 1,
    hitBy: {},
    scope: [],
    lost: {},
    atRisk: { USD: 50 },
    trend: 'steady',
    action: '',
    runbookUrl: null,
    consoleUrl: null,
    labels: {},
    exampleTask: null,
    exampleTrace: null,
    ...changes,
  };
}

function said(
  at: number,
  kind: Exclude<AlertNotice['kind'], 'summary'>,
  changes: Partial<AlertIncident> = {},
): Received {
  return { atMs: at * 1000, notice: { kind, atMs: at * 1000, incident: incident(changes) } };
}

const context = { seed: 1, startMs: 0, moneyOf: () => ({ lost: { USD: 20 }, atRisk: { USD: 80 } }) };

test('what was said first and a minute later is held against the fault', () => {
  const scope = [{ field: 'customer_tier', values: ['premium'] }];
  const incidents = incidentsIn([
    said(112, 'trigger'),
    said(113, 'trigger'),
    said(150, 'update', { scope, lost: { USD: 20 }, atRisk: { USD: 70 } }),
    said(190, 'update', { atRisk: { USD: 1 } }),
    said(230, 'resolve'),
  ]);
  const measured = measureFault(truth, incidents, context);
  assert.equal(measured.detectSeconds, 7);
  assert.deepEqual([measured.opened, measured.updates, measured.resolveSeconds], [1, 2, 30]);
  assert.deepEqual(
    [measured.first?.stepRight, measured.first?.causeRight, measured.first?.scopeRight],
    [true, true, false],
  );
  assert.equal(measured.later?.scopeRight, true);
  assert.deepEqual(measured.money?.said, { lost: { USD: 20 }, atRisk: { USD: 70 } });
  assert.equal(measured.money?.error, 0.1);
});

test('an incident that never ends is never resolved, and a fault that nobody told of is missed', () => {
  assert.equal(measureFault(truth, incidentsIn([said(112, 'trigger')]), context).resolveSeconds, null);
  const missed = measureFault(truth, [], context);
  const told = measureFault(truth, incidentsIn([said(112, 'trigger'), said(220, 'resolve')]), context);
  const totals = totalsOf([{ faults: [missed, told], falseAlerts: [], facts: [] }]);
  assert.deepEqual([totals.missed, totals.detectMedian, totals.detectP95], [1, 7, null]);
});

test('money is off by all differences over all that there was', () => {
  assert.equal(moneyError({ lost: {}, atRisk: { USD: 90, EUR: 20 } }, { lost: { USD: 10 }, atRisk: { USD: 90 } }), 0.3);
  assert.equal(moneyError({ lost: {}, atRisk: {} }, { lost: {}, atRisk: {} }), null);
});

test('quantiles take the nearest rank, and what never came is later than all', () => {
  assert.equal(quantile([3, 1, 2, 4], 0.5), 2);
  assert.equal(quantile([1, null, 2], 0.95), null);
  assert.equal(quantile([], 0.5), null);
});

describe('an alert', () => {
  const none = (): boolean => false;
  const why = (received: Received, onRecord: () => boolean = none) => {
    const [one] = incidentsIn([received]);
    assert.ok(one !== undefined);
    return explain(one, [truth], onRecord).kind;
  };

  test('is explained by a fault of its task, until two minutes after the last task that it hit', () => {
    assert.equal(why(said(101, 'trigger')), 'fault');
    assert.equal(why(said(379, 'trigger', { step: null, policy: 'conversion_drop' })), 'fault');
    assert.equal(why(said(381, 'trigger')), 'false');
    assert.equal(why(said(99, 'trigger')), 'false');
    assert.equal(why(said(120, 'trigger', { task: 'refund' })), 'false');
    assert.equal(why(said(120, 'trigger', { namespace: null, task: null, policy: 'subscriber_lagging' })), 'false');
  });

  test('that states a single fact is not false when that is on record', () => {
    assert.equal(
      why(said(400, 'trigger', { policy: 'sla_breached', exampleTask: 't' }), () => true),
      'fact',
    );
  });
});

test('targets that are missed are named; a fault of low volume has the later of its tasks and its time', () => {
  const late = measureFault(
    { ...truth, shownAtMs: [105_000, 300_000, 900_000] },
    incidentsIn([said(905, 'trigger')]),
    context,
  );
  const totals = totalsOf([{ faults: [late], falseAlerts: [], facts: [] }]);
  const runs = [
    {
      scenario: 's',
      seed: 1,
      simulatedSeconds: 1,
      tasks: 1,
      events: 1,
      alerting: { faults: [late], falseAlerts: [], facts: [] },
      baseline: { faults: [], falseAlerts: [], facts: [] },
      healthy: { failed: 0, breached: 1, retried: 0 },
      warnings: [],
      speed: { realMs: 1, cpuMs: 1 },
    },
  ];
  const check = (targets: Parameters<typeof missedTargets>[0]) => missedTargets(targets, { totals, runs, speed: 50 });
  assert.deepEqual(check({ detect_median_seconds: 10, speed: 60, detect_hung_tasks: 2, detect_within_seconds: 600 }), [
    '1 tasks that no fault hit failed for good or passed their SLA',
    'median time to detect, s: 800; expected at most 10',
    'simulated time over real time: 50; expected at least 60',
    'hang, seed 1: detected after 800 s; expected within the later of 2 tasks and 600 s',
  ]);
  assert.equal(check({ detect_hung_tasks: 4, detect_within_seconds: 600 }).length, 1);
});
