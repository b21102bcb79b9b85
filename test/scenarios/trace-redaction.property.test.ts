import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { defineTask, PermanentError, type JsonValue } from '../../src/index.ts';
import { scale } from '../support/scale.ts';
import { traced } from '../support/traced.ts';

/** Never part of what the engine itself says. */
const secret = 'QZX-4711';
const secretive = (value: JsonValue): fc.Arbitrary<JsonValue> =>
  fc.oneof(
    fc.constant<JsonValue>(secret),
    fc.constant<JsonValue>({ [secret]: value }),
    fc.constant<JsonValue>([secret, { deep: secret }]),
    fc.constant(value),
  );

const run = fc.record({
  context: fc.dictionary(fc.constantFrom('tier', 'card', 'email', secret), secretive(1), { maxKeys: 4 }),
  results: fc.dictionary(fc.constantFrom('amount', 'card', secret), secretive(2), { maxKeys: 3 }),
  throws: fc.constantFrom('nothing', 'error', 'permanent', 'value'),
});

test('nothing but what the template names leaves a task in its spans, whatever handlers are given, return or throw', async (t) => {
  await fc.assert(
    fc.asyncProperty(run, async ({ context, results, throws }) => {
      const allowed = { tier: 'gold', amount: 12 };
      const returned = { ...results, amount: allowed.amount };
      const task = defineTask({
        name: 'order',
        handler_config: { business_context: ['tier'] },
        step_templates: [
          {
            name: 'pay',
            default_retry_limit: 2,
            handler_config: { results: ['amount'] },
            handler: () => {
              if (throws === 'error') throw Object.assign(new Error(secret), { cause: new Error(secret) });
              if (throws === 'permanent') throw new PermanentError(secret);
              if (throws === 'value') throw { message: secret };
              return returned;
            },
          },
        ],
      });
      const { tasker, clock, spans, stop } = await traced(t, [task]);
      const { id } = await tasker.run({ name: 'order', context: { ...context, tier: allowed.tier } });
      await clock.advance(60_000);
      if (throws !== 'nothing') await tasker.cancel(id, { by: secret, why: secret });
      await clock.advance(1000);
      await stop();
      const text = JSON.stringify(spans);
      assert.doesNotMatch(text, /QZX/);
      assert.match(text, /"tasker.context.tier":"gold"/);
      assert.equal(text.includes('"tasker.result.amount":12'), throws === 'nothing');
    }),
    { numRuns: 40 * scale },
  );
});
