import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { isTaskerError } from '../shared/errors.ts';
import { defineTask, resolveDefinition, type TaskDefinition } from './define-task.ts';
import type { StepHandler } from './handler.ts';

interface Checkout {
  readonly order_value: number;
}

const name = 'x';
const nothing = () => undefined;

describe('defineTask', () => {
  it('gives the same template as the file with the same keys', () => {
    const definition = defineTask({
      name: 'checkout',
      namespace_name: 'shop',
      handler_config: { monitoring: { sla_seconds: 45 }, business_context: ['order_value'] },
      step_templates: [
        { name: 'a', handler: () => 1 },
        { name: 'b', depends_on_step: 'a', handler_config: { timeout_seconds: 10 }, handler: () => 2 },
      ],
    });
    const { template, handlers } = resolveDefinition(definition, {});
    assert.deepEqual([template.namespace, template.name, template.monitoring.slaMs], ['shop', 'checkout', 45_000]);
    assert.deepEqual([template.steps[1]?.dependsOn, template.steps[1]?.timeoutMs], [['a'], 10_000]);
    assert.deepEqual([...handlers.keys()], ['a', 'b']);
  });

  it("types a handler's context, and definitions of any context go into one list", () => {
    const typed = defineTask<Checkout>({
      name: 'typed',
      step_templates: [
        { name: 'right', handler: ({ context }) => context.order_value.toFixed(2) },
        // @ts-expect-error: there is no such field, which is what the type is for
        { name: 'wrong', handler: ({ context }) => context.ordervalue },
      ],
    });
    const list: readonly TaskDefinition[] = [
      typed,
      defineTask({ name: 'other', step_templates: [{ name: 'a', handler: () => 1 }] }),
    ];
    assert.equal(list.length, 2);
  });

  it('types the results that a handler sees, and keeps all it is given from being changed', () => {
    const definition = defineTask<Checkout, { readonly pay: { readonly amount: number } }>({
      name,
      step_templates: [
        { name: 'right', handler: ({ results }) => results.pay.amount.toFixed(2) },
        // @ts-expect-error: no step of this name gives results
        { name: 'no_step', handler: ({ results }) => results.paid },
        {
          name: 'change',
          handler: ({ context }) => {
            // @ts-expect-error: the context is shared by all handlers
            context.order_value = 0;
          },
        },
      ],
    });
    assert.equal(definition.handlers.size, 3);
  });

  it('takes handlers without types, and ones that were typed before, without a cast', () => {
    const plain: StepHandler = ({ context }) => context['order_value'] ?? null;
    const typed: StepHandler<Checkout> = async ({ context, signal }) => (signal.aborted ? 0 : context.order_value);
    const definitions: readonly TaskDefinition[] = [
      defineTask({
        name,
        step_templates: [{ name: 'a', handler: ({ context, results }) => [context['b'], results['c']] }],
      }),
      defineTask({ name, step_templates: [{ name: 'a', handler: plain }] }),
      defineTask({
        name,
        step_templates: [
          { name: 'a', handler: typed },
          { name: 'b', handler: nothing },
        ],
      }),
      defineTask<Checkout>({ name, step_templates: [{ name: 'a', handler: typed }] }),
    ];
    // @ts-expect-error: a handler for another context
    defineTask<{ readonly cart: string }>({ name, step_templates: [{ name: 'a', handler: typed }] });
    assert.equal(definitions[1]?.handlers.get('a'), plain);
  });

  it('knows at compile time which keys there are, and which steps need a handler', () => {
    const a = { name: 'a', handler: nothing };
    assert.throws(
      // @ts-expect-error: no such key
      () => defineTask({ name, step_templates: [{ name: 'a', handler: nothing, colour: 'red' }] }),
      /unknown key 'colour'/,
    );
    // @ts-expect-error: no handler
    assert.throws(() => defineTask({ name, step_templates: [{ name: 'a' }] }), /expected a function, got nothing/);
    const environments = { test: { step_templates: [{ name: 'a', handler: nothing }] } };
    // Not at compile time here: the value is no literal.
    assert.throws(() => defineTask({ name, step_templates: [a], environments }), /test\.step_templates\[0\]\.handler/);
    const growing = () => {
      // @ts-expect-error: no such kind
      defineTask({ name, step_templates: [{ ...a, handler_config: { retry_backoff: 'growing' } }] });
    };
    assert.throws(growing, /expected one of exponential, linear, constant, fixed, got the string 'growing'/);
  });

  it('lists everything that is wrong at once, in whatever environment', () => {
    const given: unknown = {
      name,
      colour: 'red',
      step_templates: [{ name: 'a', depends_on_step: 'nowhere' }],
      environments: { test: { concurrent: 'no' } },
    };
    assert.throws(
      () => defineTask(given as Parameters<typeof defineTask>[0]),
      (error) => {
        assert.ok(isTaskerError(error, 'TASKER_TEMPLATE_INVALID'));
        assert.deepEqual(error.message.split('\n'), [
          'The task template defineTask(x) is not valid:',
          '  defineTask(x)  error  step_templates[0].handler: expected a function, got nothing',
          "  defineTask(x)  error  colour: unknown key 'colour'",
          "  defineTask(x)  error  step_templates[0].depends_on_step: there is no step 'nowhere' to depend on",
          "  defineTask(x)  error  concurrent: expected true or false, got the string 'no' (environment test)",
        ]);
        return true;
      },
    );
  });

  it('tells a caller without types what it wants', () => {
    for (const [given, message] of [
      [undefined, /expected plain JSON, got nothing/],
      [null, /expected a mapping, got nothing/],
      [{ name }, /step_templates: required, but missing/],
      [{ name, step_templates: {} }, /step_templates: expected a list, got a mapping/],
      [{ name, step_templates: [null] }, /step_templates\[0\]: expected a mapping, got nothing/],
      [{ name, step_templates: [{ name: 'a', handler: 'pay' }] }, /handler: expected a function, got a string/],
    ] as const) {
      assert.throws(() => defineTask(given as unknown as Parameters<typeof defineTask>[0]), { message });
    }
  });

  it('merges the environment that is asked for', () => {
    const definition = defineTask({
      name: 'env',
      step_templates: [{ name: 'a', handler: () => 1 }],
      environments: { production: { handler_config: { monitoring: { sla_seconds: 5 } } } },
    });
    assert.equal(resolveDefinition(definition, {}).template.monitoring.slaMs, null);
    assert.equal(resolveDefinition(definition, { environment: 'production' }).template.monitoring.slaMs, 5000);
  });

  it('refuses an unknown key, with the nearest right name', () => {
    const misspelt = { name: 'a', handler: () => 1, default_retry_limits: 2 };
    assert.throws(() => defineTask({ name: 'x', step_templates: [misspelt] }), {
      code: 'TASKER_TEMPLATE_INVALID',
      message: /unknown key 'default_retry_limits'; did you mean 'default_retry_limit'\?/,
    });
  });

  it('refuses a step without a handler', () => {
    const step = JSON.parse('{ "name": "a" }') as { name: string; handler: () => unknown };
    assert.throws(() => defineTask({ name: 'x', step_templates: [step] }), {
      code: 'TASKER_TEMPLATE_INVALID',
      message: /handler/,
    });
  });

  it('refuses what JSON cannot hold, also a value that contains itself', () => {
    const loop: Record<string, unknown> = {};
    Object.assign(loop, { left: loop, right: [loop] });
    for (const [value, message] of [
      [loop, /configuration\.loop\.left: expected plain JSON, got a value that contains itself/],
      [new Date(0), /configuration\.loop: expected plain JSON, got an object of class Date/],
      [Number.NaN, /configuration\.loop: expected plain JSON, got NaN/],
    ] as const) {
      const step = { name: 'a', handler: () => 1 };
      assert.throws(() => defineTask({ name: 'x', configuration: { loop: value }, step_templates: [step] }), {
        message,
      });
    }
  });

  it('cannot be changed afterwards', () => {
    const definition = defineTask({ name: 'x', step_templates: [{ name: 'a', handler: () => 1 }] });
    const parts: readonly unknown[] = [definition, definition.definition, definition.definition['step_templates']];
    for (const part of parts) assert.ok(Object.isFrozen(part));
    assert.ok(Object.isFrozen(resolveDefinition(definition, {}).template.steps));
  });
});
