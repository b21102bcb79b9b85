import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import { checkTemplateFile, loadTemplate } from './load-template.ts';
import { parseYaml } from './parse-yaml.ts';
import { readPlainScalar } from './psych-scalar.ts';
import { toJson } from './template-node.ts';
import { ProblemList } from './template-problem.ts';

/**
 * What Ruby itself says: the JSON files hold what Psych 5.2.2 (libyaml 0.2.5, Ruby 3.4.1, from the npm package
 * `@ruby/3.4-wasm-wasi` 2.10.1) reads, symbols as strings. Recorded and not run here, because it takes 60 MB.
 */
function fixture(name: string): string {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
}

function load(environment?: string) {
  const source = { text: fixture('order_fulfillment.yaml'), file: 'order_fulfillment.yaml' };
  return loadTemplate(source, environment === undefined ? {} : { environment }).template ?? assert.fail();
}

describe('as Ruby reads it', () => {
  it('every scalar has the value that Psych gives it', () => {
    const recorded = JSON.parse(fixture('psych-scalars.json')) as readonly (readonly [string, unknown])[];
    assert.ok(recorded.length > 100);
    assert.deepEqual(
      recorded.map(([text]) => [text, readPlainScalar(text)]),
      recorded,
    );
  });

  it('a whole template has the values that Psych gives it', () => {
    const problems = new ProblemList('t.yaml', true);
    const root = parseYaml(fixture('order_fulfillment.yaml'), problems);
    assert.ok(root);
    assert.deepEqual(toJson(root), JSON.parse(fixture('order_fulfillment.psych.json')));
  });

  it('a template written for Ruby is told of its events without a payload, and of nothing else', () => {
    const text = fixture('order_fulfillment.yaml');
    const problems = checkTemplateFile({ text, file: 't.yaml' }, { strict: false });
    assert.deepEqual(
      problems.map(({ severity, path, message }) => [severity, path, /has no schema/.test(message)]),
      [
        ['warning', 'custom_events[0]', true],
        ['warning', 'step_templates[2].custom_events[0]', true],
      ],
    );
  });

  it('anchors, merges and overrides come together in the template', () => {
    const [, checkInventory, processPayment, shipOrder, notify] = load().steps;
    assert.deepEqual(checkInventory?.handlerConfig['params'], { warehouse: 7, region: false, level: 'gold' });
    assert.deepEqual([processPayment?.retryLimit, processPayment?.timeoutMs], [5, 12_500]);
    assert.deepEqual([shipOrder?.retryable, shipOrder?.dependentSystem], [false, 'ecommerce_system']);
    assert.deepEqual([notify?.skippable, notify?.retryLimit], [true, 3]);
    const { url, type, debug } = load('development').steps[2]?.handlerConfig ?? {};
    assert.deepEqual([url, type, debug], ['http://localhost:3001/charge', 'api', true]);
    const { steps } = load('production');
    assert.deepEqual(steps[1]?.handlerConfig['headers'], {
      'Content-Type': 'application/json',
      'X-Opened-At': 34_200,
      'X-Env': 'prod',
    });
    assert.deepEqual(
      [steps[1]?.dependentSystem, steps[2]?.dependentSystem],
      ['ecommerce_production', 'payment_gateway'],
    );
  });
});
