import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { defineTask, resolveDefinition, type TaskDefinition } from './define-task.ts';

interface Checkout {
  readonly order_value: number;
}

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
    assert.ok(Object.isFrozen(definition) && Object.isFrozen(definition.definition));
  });
});
