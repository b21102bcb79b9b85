import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import fc from 'fast-check';

import { createTasker, defineSubscriber, defineTask, type Tasker } from '../../src/index.ts';
import type { Storage } from '../../src/execution/storage.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { propertyRuns } from '../support/scale.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';

const sale = defineTask({
  name: 'sale',
  handler_config: { business_context: ['value'] },
  step_templates: [
    {
      name: 'pay',
      default_retryable: false,
      handler: ({ context }) => {
        if (Number(context['value']) % 5 === 0) throw new Error('declined');
        return {};
      },
    },
  ],
});

interface Counts {
  readonly byName: Readonly<Record<string, number>>;
  readonly sum: number;
  /** Depends on the order of events. */
  readonly chain: number;
}

const act = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('sell' as const), value: fc.integer({ min: 1, max: 50 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), value: fc.constantFrom(5, 20, 1500) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), value: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stop' as const), value: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('replay' as const), value: fc.constant(0) }) },
);

/** Lets time pass until it is done: what a reader thread answers takes turns of no clock. */
async function passing<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  const until = { settled: false };
  const settle = (): void => {
    until.settled = true;
  };
  promise.then(settle, settle);
  while (!until.settled) await clock.advance(100);
  return promise;
}

test('however often engines crash, stop and replay: the state is the log counted once, in order, and a replay finds the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 3, maxLength: 25 }), fc.integer(), async (acts, seed) => {
      const folder = await mkdtemp(join(tmpdir(), 'tasker-replay-'));
      const clock = new FakeClock();
      const random = seededRandom(seed);
      const dead: Tasker[] = [];
      let calls = 0;
      const subscriber = defineSubscriber<Counts>({
        name: 'counts',
        startFrom: 'beginning',
        retries: { limit: 5, baseMs: 10 },
        batchSize: 7,
        state: { initial: () => ({ byName: {}, sum: 0, chain: 0 }) },
        on: {
          '*': (event, context) => {
            const { byName, sum, chain } = context.state;
            context.state = {
              byName: { ...byName, [event.name]: (byName[event.name] ?? 0) + 1 },
              sum: sum + (event.name === 'task.completed' ? Number(event.business?.['value']) : 0),
              chain: (Math.imul(chain, 31) + event.position) | 0,
            };
            // Now and then it fails after it has set its state: that must not count.
            if ((calls += 1) % 11 === 0) throw new Error('now and then');
          },
        },
      });
      const open = async () => {
        let storage: Storage | null = null;
        const tasker = await createTasker(
          { storage: { kind: 'sqlite', file: join(folder, 'tasker.db') }, tasks: [sale], subscribers: [subscriber] },
          { clock, random, env: {}, onWarning: () => undefined, wrapStorage: (opened) => (storage = opened) },
        );
        await tasker.start();
        return { tasker, storage: storage as unknown as Storage };
      };
      let living = await open();
      try {
        for (const { kind, value } of acts) {
          if (kind === 'sell') await living.tasker.run({ name: 'sale', context: { value } });
          else if (kind === 'pass') await clock.advance(value);
          else if (kind === 'replay') {
            await passing(clock, living.tasker.replay('counts', { from: 'beginning' }));
          } else {
            if (kind === 'crash') {
              await living.storage.close();
              dead.push(living.tasker);
            } else {
              await passing(clock, living.tasker.stop({ graceMs: 0 }));
            }
            living = await open();
          }
        }
        const caughtUp = async (): Promise<unknown> => {
          for (let turn = 0; turn < 20_000; turn += 1) {
            await clock.advance(200);
            const [status] = await living.tasker.subscribers();
            if (status?.lag === 0 && status.checkpoint === (await living.tasker.lastPosition())) break;
          }
          return JSON.parse((await living.storage.subscribers.load('counts'))?.state ?? 'null');
        };
        const state = await caughtUp();
        const { events } = await living.tasker.events({ limit: 10_000 });
        const others = events.filter(({ name }) => !name.startsWith('subscriber.'));
        const byName: Record<string, number> = {};
        for (const { name } of others) byName[name] = (byName[name] ?? 0) + 1;
        const expected: Counts = {
          byName,
          sum: others.reduce(
            (sum, event) => sum + (event.name === 'task.completed' ? Number(event.business?.['value']) : 0),
            0,
          ),
          chain: others.reduce((chain, { position }) => (Math.imul(chain, 31) + position) | 0, 0),
        };
        assert.deepEqual(state, expected);
        assert.deepEqual((await living.tasker.parked()).events, []);
      } finally {
        const stopped = [...dead, living.tasker].map((tasker) => tasker.stop({ graceMs: 0 }));
        await passing(clock, Promise.allSettled(stopped));
        await rm(folder, { recursive: true, force: true });
      }
    }),
    { numRuns: propertyRuns(15) },
  );
});
