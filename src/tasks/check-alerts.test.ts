import assert from 'node:assert/strict';
import { test } from 'node:test';

import { defineTask } from './define-task.ts';
import { loadTemplate } from './load-template.ts';

function problems(monitoring: string): readonly string[] {
  const text = `name: t
handler_config:
  monitoring:
${monitoring}
step_templates:
  - name: pay
  - name: update_inventory
`;
  return loadTemplate({ text, file: 't.yaml' }).problems.map(
    ({ line, path, message }) => `${line} ${path}: ${message}`,
  );
}

const one = (found: readonly string[], expected: RegExp): void => {
  assert.equal(found.length, 1, found.join('\n'));
  assert.match(found[0] ?? '', expected);
};

test('a template says what it is called in routes, where its runbook is, and what it wants to be alerted of', () => {
  const found = problems(`    critical_workflow: true
    labels: { team: payments }
    runbook_url: https://wiki.example/pay
    alerts:
      - { name: error_ratio, ratio: 0.1, where: { step: update_inventory } }
      - { name: dear_failures, kind: revenue_lost, limits: { USD: 100000 }, severity: critical }
      - { name: of_the_configuration, some_parameter: 3 }`);
  assert.deepEqual(found, []);
});

test('what is no kind, no parameter, no number in its range or no step is told at its line', () => {
  one(
    problems('    alerts:\n      - { name: mine,\n          kind: eror_ratio }'),
    /^6 handler_config\.monitoring\.alerts\[0\]\.kind: .*did you mean 'error_ratio'/,
  );
  one(
    problems('    alerts:\n      - name: error_ratio\n        ratoi: 0.2'),
    /^6 .*ratoi: error_ratio has no such parameter; did you mean 'ratio'/,
  );
  one(
    problems('    alerts:\n      - name: error_ratio\n        ratio: 3'),
    /^6 .*ratio: expected a number from 0 to 1, got the number 3/,
  );
  one(
    problems('    alerts:\n      - name: step_slow\n        where: { step: update_inventry }'),
    /^6 .*there is no step 'update_inventry'; did you mean 'update_inventory'/,
  );
  one(problems('    alerts: [{ ratio: 1 }]'), /^4 .*name: required, but missing/);
  one(problems('    alerts: [{ name: a, kind: no_success }, { name: a, kind: no_traffic }]'), /two of the name 'a'/);
  one(problems('    runbook_url: wiki/pay'), /^4 .*runbook_url: expected an address that begins with http/);
  one(problems('    labels: { team: 7 }'), /^4 .*labels\.team: expected a string/);
  one(problems('    alert: []'), /^4 .*unknown key 'alert'; did you mean 'alerts'/);
});

test('a task written in TypeScript is held to the same', () => {
  const define = (alerts: readonly { readonly name: string; readonly [key: string]: unknown }[]) =>
    defineTask({
      name: 't',
      handler_config: { monitoring: { labels: { team: 'payments' }, alerts } },
      step_templates: [{ name: 'pay', handler: () => 1 }],
    });
  define([{ name: 'task_failed', minimum_tasks: 2 }]);
  assert.throws(() => define([{ name: 'task_failed', minimum_tasks: 0 }]), /expected a number from 1 to 1000000/);
});
