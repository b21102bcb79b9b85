import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { type DeliverBatch, defineSubscriber, defineTask, type SubscriberDefinition } from '../../src/index.ts';
import { createTestTasker } from '../../src/testing/test-tasker.ts';

const order = defineTask({ name: 'order', step_templates: [{ name: 'pay', handler: () => 1 }] });

async function following(t: TestContext, subscriber: SubscriberDefinition) {
  const made = await createTestTasker({ tasks: [order], subscribers: [subscriber] });
  t.after(made.stop);
  const run = async (): Promise<void> => void (await (await made.tasker.run({ name: 'order', context: {} })).wait());
  const standing = async () => (await made.tasker.subscribers()).find(({ name }) => name === 'mailer') ?? assert.fail();
  return { ...made, run, standing };
}

function mailer(deliverBatch: DeliverBatch, onTaskCompleted?: (attempt: number) => void): SubscriberDefinition {
  return defineSubscriber({
    name: 'mailer',
    retries: { limit: 1, baseMs: 10 },
    deliverBatch,
    on: {
      'task.completed': async (event, context) => {
        const events = await context.taskEvents();
        context.collect([`${event.position} of ${events.length}, ${context.attempt}`]);
        onTaskCompleted?.(context.attempt);
      },
    },
  });
}

test('what the handlers of a batch have collected is handed over at once, and the checkpoint follows', async (t) => {
  const batches: (readonly unknown[])[] = [];
  const going = Promise.withResolvers<boolean>();
  const { run, standing, clock, events } = await following(
    t,
    mailer((collected) => {
      batches.push(collected);
      return batches.length === 1 ? going.promise : Promise.resolve(true);
    }),
  );
  await run();
  await clock.advance(1);
  const before = (await standing()).checkpoint;
  for (let n = 0; n < 3; n += 1) await run();
  await clock.advance(1);
  assert.equal((await standing()).checkpoint, before, 'not before it is handed over');
  going.resolve(true);
  await clock.advance(1);
  const ends = (await events()).filter(({ name }) => name === 'task.completed').map(({ position }) => position);
  const texts = ends.map((position) => `${position} of 5, 1`);
  assert.deepEqual(batches, [texts.slice(0, 1), texts.slice(1)]);
  assert.ok((await standing()).checkpoint >= (ends.at(-1) ?? 0));
});

test('what a failing try has collected is forgotten', async (t) => {
  const collected: unknown[] = [];
  const { run, clock } = await following(
    t,
    mailer(
      async (given) => collected.push(...given) > 0,
      (attempt) => {
        if (attempt === 1) throw new Error('no');
      },
    ),
  );
  await run();
  await clock.advance(100);
  assert.equal(collected.length, 1);
  assert.match(String(collected[0]), /, 2$/);
});

test('a delivery that rejects is tried again with the same; a replay is muted unless delivery is asked for', async (t) => {
  const batches: string[] = [];
  const { run, clock, tasker, warnings } = await following(
    t,
    mailer(async (collected) => {
      batches.push(collected.join());
      if (batches.length === 1) throw new Error('the post office is shut');
      return true;
    }),
  );
  await run();
  await clock.advance(2000);
  const [first = ''] = batches;
  assert.deepEqual(batches, [first, first]);
  assert.match(warnings.join(), /post office/);
  await tasker.replay('mailer', { from: 'beginning' });
  assert.equal(batches.length, 2);
  await tasker.replay('mailer', { from: 'beginning', deliver: true });
  assert.deepEqual(batches, [first, first, first]);
});

test('with hold-task a delivery that rejects leaves nothing held that was not parked: the event is tried again, and parked with its error', async (t) => {
  let posts = 0;
  const { run, clock, tasker } = await following(
    t,
    defineSubscriber({
      name: 'mailer',
      onPark: 'hold-task',
      retries: { limit: 0 },
      deliverBatch: async () => {
        posts += 1;
        if (posts === 1) throw new Error('the post office is shut');
        return true;
      },
      on: {
        'task.start_requested': (_event, context) => context.collect(['a letter']),
        'step.completed': () => {
          throw new Error('illegible');
        },
        'task.completed': () => undefined,
      },
    }),
  );
  await run();
  await clock.advance(3000);
  const { events } = await tasker.parked('mailer');
  assert.deepEqual(
    events.map(({ eventName, error }) => [eventName, error?.message ?? 'waits']),
    [
      ['step.completed', 'illegible'],
      ['task.completed', 'waits'],
    ],
  );
  const facts = (await tasker.events({ names: ['subscriber.event_parked'] })).events;
  assert.equal(facts.length, 1);
});

test('a delivery that never settles keeps neither a stop nor an unregistration waiting', async (t) => {
  for (const act of ['stop', 'unregister'] as const) {
    const made = await following(
      t,
      mailer(() => new Promise(() => undefined)),
    );
    await made.run();
    await made.clock.advance(20);
    const ending = act === 'stop' ? made.stop() : made.tasker.unregister('mailer');
    const seconds = async (): Promise<never> => {
      for (let n = 0; n < 30; n += 1) await made.clock.advance(1000);
      return assert.fail(`${act} never ends`);
    };
    await Promise.race([ending, seconds()]);
  }
});
