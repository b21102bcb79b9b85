import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import {
  createTasker,
  type CustomEvent,
  defineSubscriber,
  defineTask,
  isTaskerError,
  type StepContext,
  type TaskDefinition,
} from '../../src/index.ts';
import { restartable } from '../support/restartable.ts';
import { gate, rest, world } from '../support/world.ts';

const fraudSchema = {
  type: 'object',
  required: ['score'],
  properties: { score: { type: 'number' }, signals: { type: 'array', items: { type: 'string' } } },
  examples: [{ score: 0.9, signals: ['velocity'] }],
};

/** One step that publishes as the test says; `order.placed` at task level, `order.fraud_suspected` the step's own. */
function order(handler: (context: StepContext) => unknown): TaskDefinition {
  return defineTask({
    name: 'order',
    namespace_name: 'shop',
    custom_events: [{ name: 'order.placed', description: 'An order is placed.', schema: { properties: { id: {} } } }],
    step_templates: [
      {
        name: 'check',
        default_retry_limit: 2,
        handler_config: {
          retry_backoff: { kind: 'constant', base_seconds: 1, jitter: 0 },
          monitoring: { stall_seconds: 60 },
        },
        custom_events: [
          { name: 'order.fraud_suspected', description: 'It smells.', schema: fraudSchema },
          { name: 'order.seen', description: 'No payload.', schema: {} },
        ],
        handler,
      },
      { name: 'ship', depends_on_step: 'check', handler: () => 1 },
    ],
  });
}

const run = { namespace: 'shop', name: 'order', context: {} };
const isCustom = (event: { readonly name: string }): event is CustomEvent => event.name.startsWith('custom.');

async function refusal(publish: (context: StepContext) => void, task = order): Promise<string> {
  let message = 'it was published';
  const definition = task((context) => {
    try {
      publish(context);
    } catch (error) {
      assert.ok(isTaskerError(error, 'TASKER_EVENT_REFUSED'));
      message = error.message;
    }
  });
  const tasker = await createTasker(
    { storage: { kind: 'memory' }, tasks: [definition] },
    { env: {}, onWarning: () => {} },
  );
  await tasker.start();
  try {
    await (await tasker.run(run)).wait();
  } finally {
    await tasker.stop();
  }
  return message;
}

test('what a handler publishes is recorded with the outcome of its attempt, ahead of it and caused by the attempt', async (t) => {
  const { tasker, events, story } = await world(t, [
    order(({ publish }) => {
      publish('order.fraud_suspected', { score: 0.9, signals: ['velocity'] });
      publish('order.seen');
    }),
  ]);
  const { id } = await tasker.run(run);
  await tasker.wait(id);
  assert.deepEqual(await story(id), [
    'task.initialize_requested',
    'task.start_requested',
    'step.execution_requested check#1',
    'custom.order.fraud_suspected check#1',
    'custom.order.seen check#1',
    'step.completed check#1',
    'step.execution_requested ship#1',
    'step.completed ship#1',
    'task.completed',
  ]);
  const all = await events(id);
  const begun = all.find(({ name }) => name === 'step.execution_requested');
  const own = all.filter(isCustom);
  assert.deepEqual(
    own.map(({ payload, attemptFailed, namespace }) => ({ payload, attemptFailed, namespace })),
    [
      { payload: { score: 0.9, signals: ['velocity'] }, attemptFailed: false, namespace: 'shop' },
      { payload: {}, attemptFailed: false, namespace: 'shop' },
    ],
  );
  const completed = all.find(({ name }) => name === 'step.completed');
  assert.deepEqual(
    [...own, completed].map((event) => event?.causationId),
    [begun?.id, begun?.id, begun?.id],
  );
  assert.equal(own[0]?.spanId, begun?.spanId);
});

test('events of a failed attempt are marked so, and the next attempt publishes its own', async (t) => {
  const { tasker, clock, events } = await world(t, [
    order(({ publish, attempt }) => {
      publish('order.fraud_suspected', { score: attempt });
      if (attempt === 1) throw new Error('busy');
    }),
  ]);
  const handle = await tasker.run(run);
  await clock.advance(1000);
  assert.equal((await handle.wait()).status, 'complete');
  const own = (await events(handle.id)).filter(isCustom);
  assert.deepEqual(
    own.map(({ payload, attempt, attemptFailed }) => [payload['score'], attempt, attemptFailed]),
    [
      [1, 1, true],
      [2, 2, false],
    ],
  );
});

test('an attempt that ran out of time keeps what it published before, and can publish no more', async (t) => {
  const late = gate();
  let refused: unknown = null;
  const slow = defineTask({
    name: 'order',
    namespace_name: 'shop',
    step_templates: [
      {
        name: 'check',
        default_retryable: false,
        handler_config: { timeout_seconds: 1 },
        custom_events: [{ name: 'order.fraud_suspected', schema: fraudSchema }],
        handler: async ({ publish }) => {
          publish('order.fraud_suspected', { score: 1 });
          await late.promise;
          try {
            publish('order.fraud_suspected', { score: 2 });
          } catch (error) {
            refused = error;
          }
        },
      },
    ],
  });
  const { tasker, clock, events } = await world(t, [slow]);
  const handle = await tasker.run(run);
  await clock.advance(1000);
  assert.equal((await handle.wait()).status, 'error');
  late.open();
  await rest();
  assert.ok(isTaskerError(refused, 'TASKER_EVENT_REFUSED'));
  assert.match(refused.message, /attempt 1 of step 'check' has ended/);
  const own = (await events(handle.id)).filter(isCustom);
  assert.deepEqual(
    own.map(({ payload, attemptFailed }) => [payload, attemptFailed]),
    [[{ score: 1 }, true]],
  );
});

test('an attempt whose task is cancelled meanwhile publishes nothing', async (t) => {
  const held = gate();
  const { tasker, events } = await world(t, [
    order(async ({ publish }) => {
      publish('order.seen');
      await held.promise;
    }),
  ]);
  const { id } = await tasker.run(run);
  await rest();
  await tasker.cancel(id);
  held.open();
  await rest();
  assert.deepEqual((await events(id)).filter(isCustom), []);
});

test('an attempt that a stopping engine gives back keeps what it published, as of a failed one', async (t) => {
  const held = gate();
  t.after(() => held.open());
  const engines = await restartable(t, [
    order(async ({ publish, attempt }) => {
      publish('order.fraud_suspected', { score: attempt });
      if (attempt === 1) await held.promise;
    }),
  ]);
  const first = await engines.start();
  const { id } = await first.run(run);
  await rest();
  const stopped = first.stop({ graceMs: 1000 });
  await engines.clock.advance(1000);
  await stopped;
  const second = await engines.start();
  assert.equal((await second.wait(id)).status, 'complete');
  const own = (await second.events({ taskId: id })).events.filter(isCustom);
  assert.deepEqual(
    own.map(({ payload, attempt, attemptFailed }) => [payload, attempt, attemptFailed]),
    [
      [{ score: 1 }, 1, true],
      [{ score: 2 }, 2, false],
    ],
  );
});

test('what is not declared, does not fit or is too much is refused to the handler with what to do', async () => {
  assert.match(
    await refusal(({ publish }) => publish('order.fraud_supected', { score: 1 })),
    /shop\.order@0\.1\.0 does not declare it for this step; did you mean 'order\.fraud_suspected'\?; declared are order\.placed, /,
  );
  assert.match(
    await refusal(({ publish }) => publish('order.fraud_suspected', { score: 'high', card: '4111' })),
    /payload\.?card: expected no such field|card: expected no such field/,
  );
  assert.match(
    await refusal(({ publish }) => publish('order.fraud_suspected', { score: 'high' })),
    /score: expected number, got string/,
  );
  assert.match(
    await refusal(({ publish }) => publish('order.seen', { who: 'somebody' })),
    /who: expected no such field/,
  );
  assert.match(
    await refusal(({ publish }) => publish('order.fraud_suspected', [1] as object)),
    /expected a payload that is a plain JSON object/,
  );
  assert.match(
    await refusal(({ publish }) => {
      for (let count = 0; count <= 100; count += 1) publish('order.seen');
    }),
    /at most 100 events/,
  );
  assert.match(
    await refusal(({ publish }) => publish('order.fraud_suspected', { score: 1, signals: ['x'.repeat(70_000)] })),
    /65536 bytes/,
  );
});

test('they are heard live, by name, by namespace and by *, and followed by durable subscribers', async (t) => {
  const heard: string[] = [];
  const followed: string[] = [];
  class Watcher {
    handle_order_fraud_suspected(event: CustomEvent) {
      followed.push(`class ${JSON.stringify(event.payload)}`);
    }
  }
  const { tasker, clock } = await world(t, [order(({ publish }) => publish('order.fraud_suspected', { score: 1 }))], {
    subscribers: [
      defineSubscriber({
        name: 'fraud',
        on: { 'custom.order.fraud_suspected': (event) => void followed.push(`on ${JSON.stringify(event.payload)}`) },
      }),
      defineSubscriber({ name: 'all', on: { '*': (event) => void (isCustom(event) && followed.push(event.name)) } }),
      Watcher,
    ],
  });
  tasker.on(
    'custom.order.fraud_suspected',
    ({ payload }) => void heard.push(`by name ${JSON.stringify(payload['score'])}`),
  );
  tasker.on('custom.*', ({ name }) => void heard.push(`by namespace ${name}`));
  tasker.on('*', (event) => void (isCustom(event) && heard.push(`by * ${event.attemptFailed}`)));
  assert.throws(() => tasker.on('custom.order.fraud', () => undefined), {
    message: /did you mean 'custom\.order\.fraud_suspected'|No event is called/,
  });
  await (await tasker.run(run)).wait();
  await clock.advance(1000);
  assert.deepEqual(heard, ['by name 1', 'by namespace custom.order.fraud_suspected', 'by * false']);
  assert.deepEqual(followed.toSorted(), ['class {"score":1}', 'custom.order.fraud_suspected', 'on {"score":1}']);
});

test('they are discovered beside the events of the system', async (t) => {
  const { tasker } = await world(t, [order(() => 1)], {
    subscribers: [defineSubscriber({ name: 'fraud', on: { 'custom.order.*': () => undefined } })],
  });
  const { entry, fields, subscribers } = tasker.catalog.describe('order.fraud_suspected');
  assert.deepEqual(
    [entry.name, entry.kind, entry.meaning, entry.firedBy, entry.example, subscribers],
    [
      'custom.order.fraud_suspected',
      'custom',
      'It smells.',
      "step 'check' of shop.order@0.1.0",
      { score: 0.9, signals: ['velocity'] },
      ['fraud'],
    ],
  );
  assert.deepEqual(fields, [
    { name: 'score', type: 'number', required: true },
    { name: 'signals', type: 'string[]', required: false },
  ]);
  assert.equal(tasker.catalog.namespace('custom').length, 3);
  assert.deepEqual(
    tasker.catalog.search('smells').map(({ name }) => name),
    ['custom.order.fraud_suspected'],
  );
});

test('one name with two meanings is refused', async () => {
  const other = defineTask({
    name: 'parcel',
    namespace_name: 'shop',
    custom_events: [{ name: 'order.placed', schema: { properties: { weight: { type: 'number' } } } }],
    step_templates: [{ name: 'weigh', handler: () => 1 }],
  });
  await assert.rejects(createTasker({ storage: { kind: 'memory' }, tasks: [order(() => 1), other] }, { env: {} }), {
    code: 'TASKER_CONFIG_INVALID',
    message: /'order\.placed' is declared by shop\.order@0\.1\.0 and with another schema by shop\.parcel@0\.1\.0/,
  });
});

test('whatever is published: nothing that the schema does not name gets into the log', async () => {
  const secret = 'SECRET';
  const anything = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(secret, 1, null, true),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('known', 'list', 'nested', 'other', 'toJSON', '__proto__'), tie('value')),
    ),
  })).value;
  const nested = { type: 'object', properties: { known: { type: 'number' } } };
  const schema = {
    properties: {
      known: { type: 'number' },
      loose: {},
      list: { type: 'array', items: nested },
      nested: { allOf: [nested], properties: { other: { $ref: '#/$defs/flag' } } },
    },
    $defs: { flag: { type: 'boolean' } },
  };
  const published: unknown[] = [];
  const publisher = defineTask({
    name: 'any',
    custom_events: [{ name: 'any.thing', schema }],
    step_templates: [
      {
        name: 'publish',
        handler: ({ publish }) => {
          for (const payload of published.splice(0)) {
            try {
              publish('any.thing', payload as object);
            } catch (error) {
              assert.ok(isTaskerError(error, 'TASKER_EVENT_REFUSED'));
            }
          }
        },
      },
    ],
  });
  const tasker = await createTasker({ storage: { kind: 'memory' }, tasks: [publisher] }, { env: {} });
  await tasker.start();
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ known: anything, list: anything, nested: anything, other: anything }, { requiredKeys: [] }),
        ),
        async (payloads) => {
          published.push(...payloads, { known: 1, nested: { known: 2, other: true }, list: [{ known: 3 }] });
          const { id } = await tasker.run({ name: 'any', context: {} });
          await tasker.wait(id);
          const own = (await tasker.events({ taskId: id })).events.filter(isCustom);
          assert.ok(own.length >= 1, 'the good one was published');
          for (const { payload } of own) assert.doesNotMatch(JSON.stringify(payload), /SECRET|toJSON|__proto__/);
        },
      ),
      { numRuns: 60 },
    );
  } finally {
    await tasker.stop();
  }
});
