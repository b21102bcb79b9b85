import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { DeepReadonly, JsonValue } from '../shared/json.ts';
import { defineTask, resolveDefinition } from './define-task.ts';
import type { StepContext, StepHandler } from './handler.ts';
import type { Jsonified } from './jsonified.ts';
import { TaskSteps } from './task-steps.ts';

interface Checkout {
  readonly order_value: number;
}

/** Both hold the same values: `true satisfies Same<A, B>` compiles only then. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

describe('defineTask with a function that adds steps', () => {
  it('makes the same definition as the list of the same steps', () => {
    const steps = [
      { name: 'a', default_retry_limit: 5, handler: () => 1 },
      { name: 'b', depends_on_step: 'a', handler_config: { timeout_seconds: 10 }, handler: () => 2 },
    ] as const;
    const listed = defineTask({ name: 'x', step_templates: steps });
    const added = defineTask({ name: 'x', step_templates: (task) => task.step(steps[0]).step(steps[1]) });
    assert.deepEqual(added.definition, listed.definition);
    assert.deepEqual([...added.handlers], [...listed.handlers]);
    assert.deepEqual(resolveDefinition(added, {}).template.steps[1]?.dependsOn, ['a']);
  });

  it("gives each handler the task's context and the results of the steps before it, typed by their handlers", () => {
    const definition = defineTask<Checkout>({
      name: 'order',
      step_templates: (task) =>
        task
          .step({ name: 'price', handler: ({ context }) => ({ total: context.order_value * 2 }) })
          .step({
            name: 'pay',
            depends_on_step: 'price',
            handler: async ({ results }) => ({ paid: results.price.total.toFixed(2), at: new Date(0) }),
          })
          .step({
            name: 'ship',
            depends_on_steps: ['pay'],
            handler: ({ results, context }) => {
              assert.ok(true satisfies Same<typeof results.pay, { readonly paid: string; readonly at: string }>);
              return results.pay.paid.length + results.price.total + context.order_value;
            },
          }),
    });
    assert.deepEqual([...definition.handlers.keys()], ['price', 'pay', 'ship']);
  });

  it('does not let a handler read what it does not depend on, nor depend on what is not there', () => {
    const definition = defineTask<Checkout>({
      name: 'order',
      step_templates: (task) =>
        task
          .step({ name: 'a', handler: () => ({ x: 1 }) })
          .step({
            name: 'b',
            // @ts-expect-error: b does not depend on a
            handler: ({ results }) => results.a,
          })
          .step({
            name: 'c',
            depends_on_step: 'b',
            // @ts-expect-error: nor does c, through b
            handler: ({ results }) => results.a,
          })
          .step({
            name: 'd',
            depends_on_step: 'a',
            // @ts-expect-error: a has no such result
            handler: ({ results }) => results.a.y,
          })
          .step({
            name: 'e',
            depends_on_step: 'd',
            handler: ({ results }) => {
              // @ts-expect-error: all readers share the results
              results.a.x = 2;
            },
          }),
    });
    assert.equal(definition.handlers.size, 5);
    assert.throws(
      () =>
        defineTask({
          name: 'order',
          step_templates: (task) =>
            task.step({ name: 'a', handler: () => 1 }).step({
              name: 'b',
              // @ts-expect-error: there is no such step
              depends_on_step: 'aa',
              handler: () => 1,
            }),
        }),
      /there is no step 'aa' to depend on/,
    );
  });

  it('knows that a step which may be skipped may have no results', () => {
    defineTask({
      name: 'order',
      step_templates: (task) =>
        task
          .step({ name: 'gift', skippable: true, handler: () => ({ wrapped: true }) })
          .step({ name: 'pay', skippable: false, handler: () => 1 })
          .step({
            name: 'ship',
            depends_on_steps: ['gift', 'pay'],
            handler: ({ results }) => {
              assert.ok(true satisfies Same<typeof results.pay, number>);
              // @ts-expect-error: it may have been skipped
              void results.gift.wrapped;
              return results.gift?.wrapped ?? false;
            },
          }),
    });
  });

  it('takes handlers that were typed before, by themselves or by what they read', () => {
    const plain: StepHandler = ({ context }) => context['order_value'] ?? null;
    const charge = async ({ context }: StepContext<Checkout>) => ({ charged: context.order_value });
    const read = ({ results }: StepContext<Checkout, { charge: { readonly charged: number } }>) => results.charge;
    const readAny = ({ results }: StepContext<Checkout>): JsonValue | undefined => results['plain'] as JsonValue;
    const wrong = ({ results }: StepContext<Checkout, { charge: { readonly charged: string } }>) => results.charge;
    defineTask<Checkout>({
      name: 'order',
      step_templates: (task) =>
        task
          .step({ name: 'charge', skippable: false, handler: charge })
          .step({ name: 'read', depends_on_step: 'charge', handler: read })
          .step({ name: 'any', depends_on_steps: ['read', 'charge'], handler: readAny })
          // @ts-expect-error: charge returns a number
          .step({ name: 'wrong', depends_on_step: 'charge', handler: wrong }),
    });
    defineTask({
      name: 'plain',
      step_templates: (task) =>
        task.step({ name: 'plain', handler: plain }).step({
          name: 'next',
          depends_on_step: 'plain',
          handler: ({ results }) => (typeof results.plain === 'number' ? results.plain : 0),
        }),
    });
  });

  it('knows at compile time which keys there are, and that a step needs a name and a handler', () => {
    assert.throws(
      () =>
        defineTask({
          name: 'x',
          // @ts-expect-error: no such key
          step_templates: (task) => task.step({ name: 'a', colour: 'red', handler: () => 1 }),
        }),
      /unknown key 'colour'/,
    );
    assert.throws(
      () =>
        defineTask({
          name: 'x',
          // @ts-expect-error: no handler
          step_templates: (task) => task.step({ name: 'a' }),
        }),
      /expected a function, got nothing/,
    );
  });

  it('leaves the steps it was asked of as they were: only what is returned counts', () => {
    const definition = defineTask({
      name: 'x',
      step_templates: (task) => {
        task.step({ name: 'dropped', handler: () => 1 });
        return task.step({ name: 'kept', handler: () => 1 });
      },
    });
    assert.deepEqual([...definition.handlers.keys()], ['kept']);
    assert.deepEqual(new TaskSteps().added, []);
  });

  it('tells a caller without types what it wants', () => {
    const nothing = (() => undefined) as unknown as () => TaskSteps<object>;
    assert.throws(() => defineTask({ name: 'x', step_templates: nothing }), {
      code: 'TASKER_TEMPLATE_INVALID',
      message: /step_templates: expected the function to return the steps it added, got nothing/,
    });
  });
});

describe('Jsonified', () => {
  it('is what JSON.parse gives of what JSON.stringify was given', () => {
    interface Given {
      readonly text: string;
      readonly when: Date;
      readonly maybe?: number;
      readonly orNothing: boolean | undefined;
      readonly gone: undefined;
      readonly list: readonly (Date | null)[];
      readonly pair: [number, () => void];
      readonly nested: { readonly any: unknown };
      method(): void;
    }
    interface Told {
      readonly text: string;
      readonly when: string;
      readonly maybe?: number;
      readonly orNothing?: boolean;
      readonly list: readonly (string | null)[];
      readonly pair: [number, null];
      readonly nested: { readonly any: JsonValue };
    }
    const told = (given: Jsonified<Given>): Told => given;
    const back = (given: Told): Jsonified<Given> => given;
    assert.ok(told !== undefined && back !== undefined);
    assert.ok(true satisfies Same<Jsonified<void>, null>);
    assert.ok(true satisfies Same<Jsonified<undefined | 'a'>, null | 'a'>);
    assert.ok(true satisfies Same<Jsonified<unknown>, JsonValue>);
    assert.ok(true satisfies Same<Jsonified<JsonValue | undefined>, JsonValue>);
    assert.ok(true satisfies Same<Jsonified<DeepReadonly<JsonValue>>, DeepReadonly<JsonValue>>);
    assert.ok(true satisfies Same<Jsonified<bigint>, never>);
  });
});
