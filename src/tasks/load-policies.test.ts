import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isTaskerError } from '../shared/errors.ts';
import { loadPolicies } from './load-policies.ts';

const kinds = new Map([
  ['error_ratio', 'error_ratio'],
  ['step_stalled', 'step_stalled'],
  ['bank_errors', 'error_ratio'],
] as const);

function told(text: string): string {
  try {
    loadPolicies({ text, file: 'p.yaml' }, kinds);
  } catch (error) {
    assert.ok(isTaskerError(error, 'TASKER_REQUEST_INVALID'), String(error));
    return error.message;
  }
  return '';
}

test('a policy file is a list of policies, in YAML or JSON', () => {
  const yaml = `# stricter
- name: error_ratio
  ratio: 0.1
  where: { task: checkout }
- name: bank_errors
  minimum_tasks: 2
- name: dear
  kind: revenue_lost
  limits: { USD: 100000 }
`;
  const policies = [
    { name: 'error_ratio', ratio: 0.1, where: { task: 'checkout' } },
    { name: 'bank_errors', minimum_tasks: 2 },
    { name: 'dear', kind: 'revenue_lost', limits: { USD: 100_000 } },
  ];
  assert.deepEqual(loadPolicies({ text: yaml, file: 'p.yaml' }, kinds), policies);
  const json = JSON.stringify(policies, null, '\t');
  assert.deepEqual(loadPolicies({ text: json, file: 'p.json' }, kinds), policies);
});

test('what is wrong in a policy file is told with line, column and what was expected, all at once', () => {
  assert.equal(
    told(`- name: error_ratio
  ratio: 7
  minimun_tasks: 3
- name: bank_errors
  kind: step_slow
- name: eror_ratio
- name: dear
  kind: revenue_lost
  limits: { dollars: 3 }
`),
    `The alert policies are not valid:
  p.yaml:2:10  error  [0].ratio: expected a number from 0 to 1, got the number 7
  p.yaml:3:18  error  [0].minimun_tasks: error_ratio has no such parameter; did you mean 'minimum_tasks'?; it has evidence, minimum_tasks, ratio, for_seconds
  p.yaml:5:9  error  [1].kind: 'bank_errors' is a policy of kind error_ratio; one of another kind needs another name
  p.yaml:6:9  error  [2].name: there is no policy 'eror_ratio'; did you mean 'error_ratio'?; one of your own needs a kind
  p.yaml:9:22  error  [3].limits.dollars: expected a currency as USD, got 'dollars'`,
  );
  assert.match(told('- name: error_ratio\n- name: error_ratio\n'), /p\.yaml:2:9 {2}error .*two of the name/);
  assert.match(told('- name: error_ratio\n  kimd: error_ratio\n'), /p\.yaml:2:\d+ {2}error .*unknown key 'kimd'/);
});

test('a file that is no list of policies says what was expected', () => {
  assert.match(told(''), /p\.yaml:1:1 {2}error {2}the file is empty; expected a list of policies/);
  assert.match(told('policies: []'), /p\.yaml:1:1 {2}error {2}expected a list, got a mapping/);
  assert.match(told('- 3'), /p\.yaml:1:3 {2}error {2}\[0\]: expected a mapping, got the number 3/);
  assert.match(told('- name: [a'), /p\.yaml:1:\d+ {2}error {2}broken YAML/);
  assert.match(told('- kind: step_slow'), /\[0\]\.name: required, but missing/);
});
