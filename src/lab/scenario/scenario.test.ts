import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { isTaskerError } from '../../shared/errors.ts';
import { parseScenario } from './read-scenario.ts';

const short = `
duration: 10m
workflows:
  - name: checkout
    steps:
      - name: pay
      - name: ship
faults:
  - { kind: hang, step: pay, from: 4m }
`;

function problemsOf(text: string): readonly string[] {
  try {
    parseScenario(text, 'a.yaml');
  } catch (error) {
    assert.ok(isTaskerError(error, 'TASKER_SCENARIO_INVALID'));
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}

test('ten lines make a scenario: everything else has a default', () => {
  const scenario = parseScenario(short, 'lab/short.yaml');
  assert.equal(scenario.name, 'short');
  assert.equal(scenario.durationMs, 600_000);
  const [checkout] = scenario.workflows;
  assert.deepEqual(Object.keys(checkout?.customers ?? {}), ['customer_tier', 'region', 'payment_method']);
  assert.equal(checkout?.traffic.rate, 0.001);
  assert.deepEqual(
    checkout?.template.steps.map(({ dependsOn }) => dependsOn),
    [[], ['pay']],
  );
  const [hang] = scenario.faults;
  assert.deepEqual([hang?.kind, hang?.fromMs, hang?.toMs], ['hang', 240_000, 540_000]);
  assert.deepEqual(hang?.hits, [{ namespace: 'lab', task: 'checkout', step: 'pay' }]);
});

describe('a scenario that is not valid is told of with line and column, what was expected and what came', () => {
  const cases: readonly (readonly [what: string, text: string, problem: string])[] = [
    [
      'an unknown key, with the nearest',
      short.replace('step: pay, from', 'stap: pay, from'),
      "a.yaml:9:19  faults[0]: unknown key 'stap'; did you mean 'step'?",
    ],
    [
      'an unknown kind',
      short.replace('kind: hang', 'kind: hangs'),
      `a.yaml:9:13  faults[0].kind: expected one of hang, timeout, error_burst, slow_ramp, silence, got "hangs"; did you mean 'hang'?`,
    ],
    [
      'a duration that is none',
      short.replace('10m', '10 minutes'),
      'a.yaml:2:11  duration: expected a duration: seconds, or a text as 90s, 15m, 1h30m, 7d, got "10 minutes"',
    ],
    ['a missing part', 'duration: 5m\n', 'a.yaml:1:1  workflows: expected a list, got nothing'],
    [
      'a step that is not there',
      short.replace('step: pay', 'step: pa'),
      "a.yaml:9:25  faults[0].step: no step 'pa'; did you mean 'pay'?",
    ],
    [
      'a customer that is not there',
      short.replace('from: 4m', 'from: 4m, who: { customer_tier: premum }'),
      "a.yaml:9:62  faults[0].who.customer_tier: no customer_tier is 'premum'; did you mean 'premium'?",
    ],
    [
      'a field that customers do not have',
      short.replace('from: 4m', 'from: 4m, who: { tier: premium }'),
      "a.yaml:9:47  faults[0].who.tier: customers have no field 'tier'; there are customer_tier, region, payment_method",
    ],
    [
      'a fault that begins too late',
      short.replace('from: 4m', 'from: 11m'),
      'a.yaml:9:36  faults[0].from: expected a moment before the end of the simulation',
    ],
    [
      'a number that is too large',
      short.replace('- name: pay', '- { name: pay, retry_limit: 1000 }'),
      'a.yaml:6:35  workflows[0].steps[0].retry_limit: expected a number of at most 100, got 1000',
    ],
    [
      'broken YAML',
      'workflows: [\n',
      'a.yaml:2:1  broken YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
  ];
  for (const [what, text, problem] of cases) test(what, () => assert.deepEqual(problemsOf(text), [problem]));
});

describe('healthy traffic that could be sick is refused', () => {
  test('a task that could pass its SLA', () => {
    const [problem = ''] = problemsOf(short.replace('name: checkout', 'name: checkout\n    sla_seconds: 3'));
    assert.match(problem, /lab\.checkout: a healthy task may take 5\.4 s, and its SLA is 3 s; raise sla_seconds/);
  });

  test('a step that noise could fail for good', () => {
    const [problem = ''] = problemsOf(short.replace('- name: pay', '- { name: pay, retry_limit: 1 }'));
    assert.match(problem, /step 'pay': has no second attempt/);
  });

  test('a call that could reach its time limit', () => {
    const [problem = ''] = problemsOf(short.replace('- name: pay', '- { name: pay, latency: { p50_ms: 2000 } }'));
    assert.match(problem, /a healthy call may take 48 s, and its time limit is 30 s/);
  });
});
