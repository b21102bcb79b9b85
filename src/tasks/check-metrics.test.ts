import assert from 'node:assert/strict';
import { test } from 'node:test';

import { loadTemplate } from './load-template.ts';

function problems(metrics: string, { context = '[region]', step = '{}' } = {}): readonly string[] {
  const text = `name: t
handler_config:
  business_context: ${context}
  business_metrics: ${metrics}
step_templates:
  - name: a
    handler_config: { results: [amount], business_metrics: ${step} }
`;
  return loadTemplate({ text, file: 't.yaml' }).problems.map(({ line, message }) => `${line}: ${message}`);
}

const one = (found: readonly string[], expected: RegExp): void => {
  assert.equal(found.length, 1, found.join('\n'));
  assert.match(found[0] ?? '', expected);
};

test("Tasker's flags name the fields they need: those may leave the task", () => {
  const { template } = loadTemplate({
    text: 'name: t\nhandler_config: { business_metrics: { track_revenue: true, customer_tier_tracking: true } }\nstep_templates: [{ name: a }]\n',
    file: 't.yaml',
  });
  assert.deepEqual(template?.businessContext, ['order_value', 'currency', 'customer_tier']);
  assert.deepEqual(problems('{ track_revenue: true, value: order_value, currency: currency }'), []);
});

test('a field that never leaves the task cannot be counted or be a label', () => {
  one(problems('{ value: total }'), /^4: 'total' never leaves the task: it is not in business_context/);
  one(problems('{ labels: [regin] }'), /'regin' never leaves .*did you mean 'region'/);
  one(problems('{ counters: [{ name: x_total, labels: { r: context.card } }] }'), /'card' never leaves/);
  one(
    problems('{}', { step: '{ counters: [{ name: x_total, value: results.amout }] }' }),
    /^7: 'amout' never leaves the task: it is not in results; did you mean 'amount'/,
  );
});

test('what could not be a metric is refused with its place', () => {
  one(problems('{ counters: [{ name: "x-total" }] }'), /expected a metric's name/);
  one(problems('{ counters: [{ name: tasker_x_total }] }'), /is reserved/);
  one(problems('{ counters: [{ name: x_total, value: duration }] }'), /a duration is for a histogram/);
  one(problems('{ counters: [{ name: x_total, value: amount }] }'), /expected duration, context\.<field>/);
  one(problems('{ histograms: [{ name: x_seconds }] }'), /expected 'value'/);
  one(problems("{ counters: [{ name: x_total, 'on': attempt }] }"), /a task has no attempts/);
  one(problems('{ counters: [{ name: x_total, labels: { task: context.region } }] }'), /'task' cannot be a label/);
  one(problems('{ counters: [{ name: x_total, value: results.amount }] }'), /a task has no results of its own/);
  one(problems('{ counters: [{ name: sold }] }'), /a counter's name to end in _total, as in 'sold_total'/);
});

test('a label that Prometheus would refuse, or that is there already, is refused before it costs the whole scrape', () => {
  const labelled = (...fields: readonly string[]) =>
    loadTemplate({
      text: JSON.stringify({
        name: 't',
        handler_config: { business_context: fields, business_metrics: { labels: fields } },
        step_templates: [{ name: 'a' }],
      }),
      file: 't.yaml',
    }).problems.map((problem) => problem.message);
  one(labelled('task'), /'task' cannot be a label of its own/);
  one(labelled('currency'), /'currency' cannot be a label of its own/);
  one(labelled('2nd'), /'2nd' cannot be a label: expected letters/);
  one(labelled('a.b', 'a_b'), /'a\.b' and 'a_b' would both be the label a_b/);
  assert.deepEqual(labelled('a.b', 'region'), []);
});
