import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { defineSubscriber, defineTask, type SubscriberDefinition } from '../../src/index.ts';
import { createTestTasker } from '../../src/testing/index.ts';

const sale = defineTask({ name: 'sale', step_templates: [{ name: 'pay', handler: () => 1 }] });

async function shop(t: TestContext, subscribers: readonly SubscriberDefinition[]) {
  const { tasker, clock, stop, warnings } = await createTestTasker({ tasks: [sale], subscribers });
  t.after(stop);
  const sell = async (): Promise<void> => {
    await (await tasker.run({ name: 'sale', context: {} })).wait();
    await clock.advance(20);
  };
  return { tasker, clock, sell, warnings };
}

test('whatever a handler throws, the event is parked and the next goes on', async (t) => {
  const odd: readonly (() => unknown)[] = [
    () => {
      throw Object.create(null);
    },
    () => {
      throw Object.assign(new Error('x'), { message: 7, stack: {}, name: [] });
    },
    () => ({
      // oxlint-disable-next-line unicorn/no-thenable -- a foreign promise that is broken
      then: () => {
        throw new Error('broken');
      },
    }),
  ];
  let calls = 0;
  const { tasker, sell, clock } = await shop(t, [
    defineSubscriber({
      name: 'odd',
      retries: { limit: 0 },
      on: { 'task.completed': () => odd[calls++]?.() },
    }),
  ]);
  for (let n = 0; n < odd.length + 1; n += 1) await sell();
  await clock.advance(3000);
  assert.equal(calls, odd.length + 1);
  assert.equal((await tasker.parked('odd')).total, odd.length);
  const facts = (await tasker.events({ names: ['subscriber.event_parked'] })).events;
  assert.equal(facts.length, odd.length);
});

test('a state that JSON cannot hold is refused, also one that was frozen already', async (t) => {
  const states = [{ n: 1n }, { m: new Map([[1, 2]]) }, { n: Number.NaN }, { deep: Object.freeze({ n: 1n }) }];
  let calls = 0;
  const { tasker, sell, clock } = await shop(t, [
    defineSubscriber({
      name: 'frozen',
      retries: { limit: 0 },
      state: { initial: (): unknown => ({}) },
      on: {
        'task.completed': (_event, context) => {
          const state = states[calls++];
          context.state = state === undefined ? { calls } : Object.freeze(state);
        },
      },
    }),
  ]);
  for (let n = 0; n < states.length + 1; n += 1) await sell();
  await clock.advance(3000);
  assert.equal((await tasker.parked('frozen')).total, states.length);
  assert.deepEqual(await tasker.subscriberState('frozen'), { calls: states.length + 1 });
});

test('subscribers that fail at everything do not feed on what is told of each other', async (t) => {
  const failing = (name: string): SubscriberDefinition =>
    defineSubscriber({
      name,
      retries: { limit: 0 },
      on: {
        '*': () => {
          throw new Error('no');
        },
      },
    });
  const { tasker, sell, clock } = await shop(t, [failing('one'), failing('other')]);
  await sell();
  await clock.advance(5000);
  const { lastPosition } = await tasker.events({});
  await clock.advance(60_000);
  assert.equal((await tasker.events({})).lastPosition, lastPosition);
  const facts = (await tasker.events({ names: ['subscriber.event_parked'] })).events;
  const told = new Set(facts.map(({ payload }) => ('event' in payload ? payload.event : null)));
  // That it failed at such a fact is told as well: whoever watches them may be the one who fails.
  assert.deepEqual(
    ['task.completed', 'subscriber.event_parked'].map((name) => told.has(name)),
    [true, true],
  );
});

test('a delivery that answers neither true nor false is trouble, and told', async (t) => {
  const { sell, clock, tasker } = await shop(t, [
    defineSubscriber({
      name: 'silent',
      // @ts-expect-error -- JavaScript does not check it
      deliverBatch: async () => undefined,
      on: { 'task.completed': (_event, context) => context.collect([1]) },
    }),
  ]);
  await sell();
  await clock.advance(100);
  const [silent] = await tasker.subscribers();
  assert.equal(silent?.status, 'failed');
  assert.match(silent.trouble ?? '', /deliverBatch of 'silent' answered undefined; expected true or false/);
});

test('whatever a listener, a delivery or a callback throws, it is told, and touches nothing', async (t) => {
  const oddities = [Object.create(null), Object.assign(new Error('x'), { message: { no: 'text' } })];
  for (const oddity of oddities) {
    let posts = 0;
    const { tasker, sell, clock, warnings } = await shop(t, [
      defineSubscriber({
        name: 'posting',
        startFrom: 'beginning',
        deliverBatch: async () => {
          posts += 1;
          if (posts === 1) throw oddity;
          return true;
        },
        on: { 'task.completed': (_event, context) => context.collect([1]) },
      }),
    ]);
    tasker.on('task.completed', () => {
      throw oddity;
    });
    tasker.on('task.completed', () => Promise.reject(oddity));
    await sell();
    await clock.advance(3000);
    assert.equal(posts, 2);
    await tasker.replay('posting', {
      from: 'beginning',
      onProgress: () => {
        throw oddity;
      },
    });
    // Two listeners, one delivery; a replay's first and last progress.
    assert.ok(warnings.length >= 4, warnings.join('\n'));
    for (const warning of warnings) assert.equal(typeof warning, 'string');
  }
});
