import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type AlertMatch, type MatchedIncident, matches } from './alert-match.ts';

const ofPayments: MatchedIncident = {
  severity: 'critical',
  namespace: 'payments',
  task: 'process_order',
  step: 'update_inventory',
  policy: 'step_stalled',
  joined: ['revenue_at_risk'],
  cause: 'hang',
  labels: { team: 'checkout', region: 'eu' },
};
const ofTheEngine: MatchedIncident = {
  ...ofPayments,
  namespace: null,
  task: null,
  step: null,
  policy: 'worker_lost',
  joined: [],
  cause: 'worker_lost',
  labels: {},
};

const fitting: Record<string, AlertMatch> = {
  'nothing asked for': {},
  'one severity': { severity: 'critical' },
  'one of several severities': { severity: ['error', 'critical'] },
  'a whole name': { namespace: 'payments', task: 'process_order', step: 'update_inventory' },
  'the beginning of a name': { namespace: 'pay*', task: 'process_*', step: '*' },
  'the policy that speaks': { policy: 'step_*' },
  'a policy that has joined': { policy: 'revenue_at_risk' },
  'the cause': { cause: 'hang' },
  'one of its labels': { labels: { team: 'checkout' } },
  'all of its labels': { labels: { team: 'checkout', region: 'eu' }, severity: ['critical'] },
};

for (const [what, match] of Object.entries(fitting))
  test(`an incident fits ${what}`, () => assert.ok(matches(match, ofPayments)));

const unfitting: Record<string, AlertMatch> = {
  'another severity': { severity: ['warning', 'info'] },
  'no severity at all': { severity: [] },
  'a name that only begins like its own': { task: 'process' },
  'a name that its own begins like': { task: 'process_order_again*' },
  'a star that is not at the end': { task: '*order' },
  'another cause': { cause: 'timeout' },
  'a label with another value': { labels: { team: 'checkout', region: 'us' } },
  'a label that it has not': { labels: { tier: 'gold' } },
  'one thing of two': { namespace: 'payments', policy: 'task_failed' },
};

for (const [what, match] of Object.entries(unfitting))
  test(`an incident does not fit ${what}`, () => assert.ok(!matches(match, ofPayments)));

test('an incident about the engine fits no question about tasks, not even any task', () => {
  assert.ok(matches({ policy: 'worker_*' }, ofTheEngine));
  assert.ok(!matches({ namespace: '*' }, ofTheEngine));
  assert.ok(!matches({ step: '*' }, ofTheEngine));
});
