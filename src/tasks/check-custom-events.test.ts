import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkTemplateFile } from './load-template.ts';
import { formatProblem } from './template-problem.ts';

function said(declarations: string, strict = false): string[] {
  const text = `name: t\nstep_templates:\n  - name: pay\n    custom_events:\n${declarations}\n`;
  return checkTemplateFile({ text, file: 'shop.yaml' }, { strict }).map(formatProblem);
}

test("a name of the system's is refused with the reason", () => {
  assert.deepEqual(said('      - { name: task.paid, schema: {} }'), [
    "shop.yaml:5:17  error  step_templates[0].custom_events[0].name: 'task.' is reserved for what the system itself says; choose a namespace of your own, as in 'order.fulfilled'",
  ]);
  for (const reserved of ['Step.x', 'alert.mine', 'custom.sink.x', 'tasker.order.x']) {
    assert.match(said(`      - { name: ${reserved}, schema: {} }`).join(), /is reserved/, reserved);
  }
});

test('a name without a namespace, or with odd characters, is refused with an example', () => {
  for (const wrong of ['paid', '.paid', 'order.', 'order..paid', 'order paid.x', 'order.*']) {
    assert.match(said(`      - { name: '${wrong}', schema: {} }`).join(), /expected a name with a namespace/, wrong);
  }
  assert.deepEqual(said('      - { name: custom.order.Paid-2, schema: {} }'), []);
});

test("Ruby's declaration without a schema carries no payload: a warning, an error under strict", () => {
  const bare = '      - { name: order.paid, description: paid }';
  assert.match(said(bare).join(), /^shop\.yaml:5:9 {2}warning .*'order\.paid' has no schema, so it carries no payload/);
  assert.match(said(bare, true).join(), /^shop\.yaml:5:9 {2}error/);
});

test('a schema that lets anything through is refused where it does', () => {
  const open =
    '      - name: order.paid\n        schema:\n          properties:\n            a: { additionalProperties: true }';
  assert.deepEqual(said(open), [
    "shop.yaml:8:40  error  step_templates[0].custom_events[0].schema.properties.a.additionalProperties: expected no 'additionalProperties: true': the schema is the list of what may leave the task; name the fields",
  ]);
});

test('what is no JSON Schema of an object is refused', () => {
  assert.match(
    said('      - { name: order.paid, schema: { type: array } }').join(),
    /expected 'object': a payload is one/,
  );
  assert.match(said('      - { name: order.paid, schema: 5 }').join(), /expected a JSON Schema of an object/);
  assert.match(
    said('      - { name: order.paid, schema: { properties: { a: { type: nubmer } } } }').join(),
    /did you mean 'number'/,
  );
});

test('the same event twice in one list, or with another schema in another step, is refused', () => {
  const twice = '      - { name: order.paid, schema: {} }\n      - { name: custom.order.paid, schema: {} }';
  assert.match(said(twice).join(), /'custom\.order\.paid' is declared twice/);
  const elsewhere =
    '      - { name: order.paid, schema: {} }\n  - name: ship\n    custom_events:\n      - { name: order.paid, schema: { properties: { id: {} } } }';
  assert.match(
    said(elsewhere).join(),
    /^shop\.yaml:8:9 {2}error .*declared elsewhere in this template with another schema/,
  );
});
