import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { checkTemplateFile, loadTemplate } from './load-template.ts';
import { formatProblem } from './template-problem.ts';

function load(text: string, options: { environment?: string; strict?: boolean } = {}) {
  const { template, problems } = loadTemplate({ text, file: 't.yaml' }, { strict: false, ...options });
  return {
    template,
    said: problems.map((problem) => `${problem.line}:${problem.column} ${problem.severity} ${problem.message}`),
  };
}

/** As the Ruby engine's users write them: anchors, merges, yes and no, keys that Ruby reads and ignores. */
const rubyFile = `---
configuration: &retry
  default_retryable: yes
  default_retry_limit: 5

name: process_order
namespace_name: commerce
module_namespace: Commerce
version: 1.2.0
task_handler_class: ProcessOrderHandler
description: Takes an order
concurrent: no
default_dependent_system: shop
named_steps: [validate, charge, ship]
schema:
  type: object
  required: [order_id]
  properties:
    order_id: { type: integer }
    note: { type: string, default: none }
step_templates:
  - name: validate
    description: Looks at it
    handler_class: Commerce::ValidateHandler
  - <<: *retry
    name: charge
    depends_on_step: validate
    handler_class: Commerce::ChargeHandler
    dependent_system: payments
    handler_config:
      type: api
      url: https://payments.example.org
      params: { timeout: 5 }
      timeout_seconds: 12.5
    custom_events:
      - name: order.charged
        description: money came
  - name: ship
    depends_on_steps: [validate, charge]
    handler_class: Commerce::ShipHandler
    skippable: true
environments:
  test:
    step_templates:
      - name: charge
        handler_config: { url: http://localhost:9999 }
  production:
    handler_config:
      monitoring: { sla_seconds: 30 }
`;

describe('loadTemplate', () => {
  it('loads a file written for the Ruby engine unmodified', () => {
    const { template, said } = load(rubyFile);
    assert.equal(said.length, 1);
    assert.match(said.join(), /warning 'order\.charged' has no schema/);
    assert.ok(template);
    assert.deepEqual([template.namespace, template.name, template.version], ['commerce', 'process_order', '1.2.0']);
    assert.equal(template.concurrent, false);
    const [validate, charge, ship] = template.steps;
    assert.deepEqual([validate?.dependentSystem, charge?.dependentSystem], ['shop', 'payments']);
    assert.deepEqual([validate?.retryLimit, charge?.retryLimit, charge?.retryable], [3, 5, true]);
    assert.deepEqual(
      [charge?.timeoutMs, charge?.stallMs, validate?.timeoutMs, validate?.stallMs],
      [12_500, 6250, null, 30_000],
    );
    assert.deepEqual(ship?.dependsOn, ['validate', 'charge']);
    assert.equal(ship?.skippable, true);
    assert.deepEqual(
      charge?.customEvents.map((event) => event.name),
      ['order.charged'],
    );
    assert.equal(charge?.handlerConfig['url'], 'https://payments.example.org');
  });

  it('merges the environment over it: deep, steps by their name, order kept', () => {
    const text = rubyFile;
    const tested = load(text, { environment: 'test' }).template;
    assert.equal(tested?.steps[1]?.handlerConfig['url'], 'http://localhost:9999');
    assert.equal(tested?.steps[1]?.timeoutMs, 12_500, 'what the override does not name stays');
    assert.deepEqual(
      tested?.steps.map((step) => step.name),
      ['validate', 'charge', 'ship'],
    );
    assert.equal(tested?.monitoring.slaMs, null);
    assert.equal(load(text, { environment: 'production' }).template?.monitoring.slaMs, 30_000);
    assert.equal(load(text, { environment: 'elsewhere' }).template?.monitoring.slaMs, null);
  });

  it('knows no dependent system by the name unknown', () => {
    const { template } = load('name: t\nstep_templates:\n  - { name: a, handler_class: A }\n');
    assert.equal(template?.steps[0]?.dependentSystem, 'unknown');
    assert.deepEqual([template?.namespace, template?.version], ['default', '0.1.0']);
  });

  it('warns of an unknown key with the nearest right name, and refuses it where that is asked for', () => {
    const text = 'name: t\nstep_templates:\n  - name: a\n    handler_class: A\n    depends_on_stps: []\n';
    const warned = load(text);
    assert.ok(warned.template);
    assert.deepEqual(warned.said, ["5:5 warning unknown key 'depends_on_stps'; did you mean 'depends_on_steps'?"]);
    const refused = load(text, { strict: true });
    assert.equal(refused.template, null);
    assert.match(refused.said.join(), /^5:5 error unknown key/);
  });

  it('checks the keys it knows in handler_config and leaves the rest of it open', () => {
    const steps = 'step_templates: [{ name: a, handler_class: A, handler_config: { anything: { goes: 1 } } }]\n';
    assert.deepEqual(load(`name: t\nhandler_config: { mine: [1] }\n${steps}`, { strict: true }).said, []);
    const { said } = load(`name: t\nhandler_config:\n  monitoring: { sla_second: 3 }\n${steps}`);
    assert.match(said.join(), /^3:17 warning unknown key 'sla_second'; did you mean 'sla_seconds'\?$/);
  });

  it('refuses a context schema that is none, at its place', () => {
    const { template, said } = load(
      'name: t\nschema:\n  type: objekt\nstep_templates: [{ name: a, handler_class: A }]\n',
    );
    assert.equal(template, null);
    assert.deepEqual(said, [
      "3:9 error expected one of null, boolean, object, array, number, integer, string, got 'objekt'; did you mean 'object'?",
    ]);
  });

  it('points into a schema at the pattern or the reference that is broken, and at a misspelt format', () => {
    const withField = (field: string): readonly string[] =>
      load(`name: t\nschema:\n  properties:\n    a: ${field}\nstep_templates: [{ name: a }]\n`).said;
    assert.match(withField("{ pattern: '(' }").join('\n'), /^4:19 error Invalid regular expression/);
    assert.match(withField("{ $ref: '#/nope' }").join('\n'), /^4:16 error .*can't resolve reference #\/nope/);
    assert.match(withField('{ format: emial }').join('\n'), /^4:18 warning .*did you mean 'email'\?/);
    assert.deepEqual(withField('{ format: money }'), []);
  });

  it('says where a key belongs that is right elsewhere, however it is written', () => {
    const { said } = load('name: t\nstep_templates:\n  - name: a\n    timeoutSeconds: 3\n');
    assert.deepEqual(said, ["4:5 warning unknown key 'timeoutSeconds'; it belongs in 'handler_config'"]);
  });

  it('takes a flow mapping that closes in the column where its key stands', () => {
    const { template } = load(
      'name: t\nschema: {\n  properties: {\n    a: {}\n  }\n}\nstep_templates: [{ name: a }]\n',
    );
    assert.deepEqual(template?.schema, { properties: { a: {} } });
  });

  it('shows a problem as file, line, column, severity, path and message', () => {
    const { problems } = loadTemplate({ text: 'name: t\nstep_templates: 3\n', file: 'orders.yaml' }, { strict: false });
    assert.match(formatProblem(problems[0] ?? assert.fail()), /^orders\.yaml:2:\d+\s+error\s+step_templates: expected/);
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.constantFrom(rubyFile, 'a: *b')), fc.nat(2000), (text, cut) => {
        loadTemplate({ text: text.slice(0, text.length - Math.min(cut, text.length)), file: 't' }, { strict: true });
      }),
    );
  });
});

describe('checkTemplateFile', () => {
  it('checks every environment merged, and names the one that is wrong', () => {
    const text = `name: t
step_templates:
  - { name: a, handler_class: A }
environments:
  production:
    step_templates:
      - { name: a, depends_on_step: nowhere }
`;
    assert.deepEqual(load(text).said, []);
    const [problem] = checkTemplateFile({ text, file: 't.yaml' }, { strict: false });
    assert.deepEqual([problem?.severity, problem?.environment, problem?.line], ['error', 'production', 7]);
  });

  it('lists what it finds from top to bottom', () => {
    const text = 'name: 3\nstep_templates: [{ name: a }]\ncolour: red\nversion: 1.0\n';
    const lines = checkTemplateFile({ text, file: 't.yaml' }).map((problem) => problem.line);
    assert.deepEqual(lines, [1, 3, 4]);
  });

  it('finds nothing wrong with the example, also when strict', () => {
    const file = new URL('../../examples/monitored-checkout/config/monitored_checkout_handler.yaml', import.meta.url);
    assert.deepEqual(checkTemplateFile({ text: readFileSync(file, 'utf8'), file: 'example' }, { strict: true }), []);
  });
});
