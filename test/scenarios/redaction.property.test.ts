import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import fc from 'fast-check';

import {
  defineSink,
  defineTask,
  type LogRecord,
  type MetricFamily,
  PermanentError,
  PublicError,
  type Span,
  type StepContext,
} from '../../src/index.ts';
import { createTestTasker } from '../../src/testing/test-tasker.ts';
import { scale } from '../support/scale.ts';

/** A customer, as text and as a number: never part of what the engine says of itself. */
const card = 4_111_222_233_334_444;
const secret = `mary@shop.example ${card}`;
const told = /mary@|4111222233334444/;

class Odd extends Error {
  readonly customer = secret;
  toJSON(): string {
    return secret;
  }
}

/** What handlers throw. */
const thrown: Readonly<Record<string, () => unknown>> = {
  'an error': () => new Error(secret, { cause: new Error(secret) }),
  'a permanent error': () => new PermanentError(secret),
  'an error whose name, code and status are secret': () =>
    Object.assign(new Error('x'), { name: secret, code: secret, status: secret }),
  'an error whose code and status are a card’s number': () =>
    Object.assign(new Error('x'), { code: card, status: card }),
  'an error of a class with a secret name': () => {
    class Nameless extends Error {}
    Object.defineProperty(Nameless, 'name', { value: secret });
    return new Nameless(secret);
  },
  'an error that says more as JSON': () => new Odd(secret),
  'several errors': () => new AggregateError([new Error(secret)], secret),
  'a public error with a secret cause': () => new PublicError('declined', { cause: new Error(secret) }),
  'what only looks like a public error': () => Object.assign(new Error(secret), { name: 'PublicError' }),
  'an error from another place': () => new DOMException(secret, 'AbortError'),
  text: () => secret,
  'a number': () => card,
  'an object': () => ({ message: secret, name: secret, code: secret, toString: () => secret }),
  'what cannot be read': () =>
    new Proxy(new Error(secret), {
      get() {
        throw new Error(secret);
      },
    }),
  nothing: () => undefined,
};

/** What handlers return beside what may leave. */
const returned: Readonly<Record<string, () => unknown>> = {
  fields: () => ({ amount: 12, card, note: secret, [secret]: 1 }),
  'fields within fields': () => ({ amount: 12, deep: { amount: secret }, list: [secret] }),
  'a field like another': () => ({ amount: 12, Amount: secret, 'amount ': secret, 'amount.of': secret }),
  'what says more as JSON': () => ({ amount: 12, odd: new Odd(secret) }),
  text: () => secret,
  'a map': () => new Map([['amount', secret]]),
  'what cannot be written': () => ({ amount: 12, note: secret, again: 1n }),
  'a function': () => () => secret,
  'a circle': () => {
    const round: Record<string, unknown> = { note: secret };
    round['round'] = round;
    return round;
  },
};

/** What handlers publish, which may be refused. */
const published: Readonly<Record<string, (publish: StepContext['publish']) => void>> = {
  'as declared': (publish) => publish('order.seen', { score: 1 }),
  'more than declared': (publish) => publish('order.seen', { score: 1, card: secret }),
  'under a secret name': (publish) => publish(secret, {}),
  'of another type': (publish) => publish('order.seen', { score: secret }),
  'what is no payload': (publish) => publish('order.seen', secret as never),
  'nothing at all': () => undefined,
};

const run = fc.record({
  context: fc.dictionary(fc.constantFrom('card', 'email', 'Tier', 'tier.of', secret), fc.constantFrom(secret, card), {
    maxKeys: 4,
  }),
  ends: fc.oneof(
    fc.constantFrom(...Object.keys(thrown)).map((how) => ({ throws: how, returns: null })),
    fc.constantFrom(...Object.keys(returned)).map((how) => ({ throws: null, returns: how })),
  ),
  publishes: fc.constantFrom(...Object.keys(published)),
  catches: fc.boolean(),
});

test('nothing outside of the lists is in any event, metric, span or line, whatever handlers are given, throw, return or publish', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'tasker-redaction-'));
  t.after(() => rm(folder, { recursive: true }));
  let number = 0;
  await fc.assert(
    fc.asyncProperty(run, async ({ context, ends, publishes, catches }) => {
      const seen: { records: LogRecord[]; spans: Span[]; families: MetricFamily[] } = {
        records: [],
        spans: [],
        families: [],
      };
      const taken = { kind: 'delivered' as const };
      const keeping = defineSink({
        name: 'keeping',
        logs: async (records) => (seen.records.push(...records), taken),
        traces: async (spans) => (seen.spans.push(...spans), taken),
        metrics: async (families) => (seen.families.push(...families), taken),
      });
      const order = defineTask({
        name: 'order',
        handler_config: {
          business_context: ['tier'],
          business_metrics: { track_conversion: true, labels: ['tier'] },
        },
        custom_events: [{ name: 'order.seen', schema: { properties: { score: { type: 'number' } } } }],
        step_templates: [
          {
            name: 'pay',
            default_retry_limit: 2,
            handler_config: {
              results: ['amount'],
              business_metrics: { counters: [{ name: 'paid_total', value: 'results.amount', on: 'attempt' }] },
            },
            handler: ({ publish }) => {
              try {
                published[publishes]?.(publish);
              } catch (error) {
                if (!catches) throw error;
              }
              if (ends.throws !== null) throw thrown[ends.throws]?.();
              return returned[ends.returns]?.();
            },
          },
        ],
      });
      const file = join(folder, `${(number += 1)}.log`);
      const { tasker, clock, events, warnings, stop } = await createTestTasker({
        tasks: [order],
        sinks: [keeping],
        operations: { port: 0 },
        telemetry: { logging: { enabled: true, level: 'debug', destination: { file } } },
      });
      t.after(stop);
      const { id } = await tasker.run({ name: 'order', context: { ...context, tier: 'gold' } });
      await clock.advance(70_000);
      if ((await tasker.get(id)).status !== 'complete') await tasker.cancel(id, { by: 'ops', why: 'redaction' });
      await clock.advance(1000);
      const scraped = ['text/plain', 'application/openmetrics-text'].map(async (accept) =>
        (await fetch(`${tasker.status().operationsUrl}/metrics`, { headers: { accept } })).text(),
      );
      const metrics = (await Promise.all(scraped)).join('\n');
      const all = JSON.stringify(await events());
      await stop();
      const lines = await readFile(file, 'utf8');
      const shown = { all, metrics, lines, warnings: warnings.join('\n'), kept: JSON.stringify(seen) };
      for (const [where, text] of Object.entries(shown)) assert.doesNotMatch(text, told, where);
      for (const where of ['all', 'metrics', 'lines', 'kept'] as const) assert.match(shown[where], /gold/, where);
      for (const [kind, kept] of Object.entries(seen)) assert.ok(kept.length > 0, kind);
    }),
    { numRuns: 40 * scale },
  );
});
