import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { StepHandler } from './handler.ts';
import { loadTemplate } from './load-template.ts';
import { findHandler, resolveHandlers } from './resolve-handlers.ts';

const step = { name: 'process_payment', handlerClass: 'Ecommerce::ProcessPaymentHandler' };
const [full, last, own]: StepHandler[] = [() => 'full', () => 'last', () => 'own'];
assert.ok(full && last && own);

function template() {
  const text = 'name: t\nstep_templates:\n  - {name: pay, handler_class: Shop::PayHandler}\n  - {name: ship}\n';
  const loaded = loadTemplate({ text, file: 't.yaml' }).template;
  assert.ok(loaded);
  return loaded;
}

describe('findHandler', () => {
  it('prefers the full name, then the last segment, then the step', () => {
    const all = { [step.handlerClass]: full, ProcessPaymentHandler: last, process_payment: own };
    assert.equal(findHandler(all, step), full);
    assert.equal(findHandler({ ProcessPaymentHandler: last, process_payment: own }, step), last);
    assert.equal(findHandler({ process_payment: own }, step), own);
    assert.equal(findHandler({}, step), undefined);
  });

  it('does not take what every object has for a handler', () => {
    assert.equal(findHandler({}, { name: 'toString', handlerClass: 'Shop::constructor' }), undefined);
  });
});

describe('resolveHandlers', () => {
  it('gives every step its handler', () => {
    const { handlers, problems } = resolveHandlers(template(), { PayHandler: last, ship: own });
    assert.deepEqual(problems, []);
    assert.deepEqual(
      [...handlers],
      [
        ['pay', last],
        ['ship', own],
      ],
    );
  });

  it('says what it looked for, and the nearest name there is', () => {
    const { handlers, problems } = resolveHandlers(template(), { PayHandlr: last, ship: own });
    assert.deepEqual([...handlers.keys()], ['ship']);
    assert.deepEqual(problems, [
      {
        severity: 'error',
        file: 'default.t@0.1.0',
        line: 0,
        column: 0,
        path: 'step_templates[0].handler_class',
        message:
          "the step 'pay' has no handler: looked for 'Shop::PayHandler', 'PayHandler', 'pay'; did you mean 'PayHandlr'?",
      },
    ]);
  });

  it('refuses a handler that is not a function', () => {
    const broken: Record<string, unknown> = { PayHandler: 'nope', ship: own };
    const { problems } = resolveHandlers(template(), broken as Record<string, StepHandler>);
    assert.match(problems[0]?.message ?? '', /is not a function but string/);
  });
});
