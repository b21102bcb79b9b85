import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { defineTask, TaskerError } from '../../src/index.ts';
import type { CommitResult } from '../../src/execution/task-store.ts';
import type { Storage } from '../../src/execution/storage.ts';
import type { Random } from '../../src/shared/ids.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { gate, rest, world } from '../support/world.ts';

/** Chance that fails: the nearest thing to a defect in the engine that can be had from outside. */
function brokenChance() {
  const random = seededRandom(1);
  let broken: 'no' | 'second_event' | 'all' = 'no';
  let drawn = 0;
  const surroundings: { random: Random } = {
    random: {
      fraction: () => random.fraction(),
      hex(count) {
        // An event's id takes ten: a change of two events cannot be made, one of a single event can.
        if (broken === 'second_event' && count === 10) drawn += 1;
        if (broken === 'all' || drawn === 2) {
          drawn = 0;
          throw new RangeError('secret-4711 is not a number');
        }
        return random.hex(count);
      },
    },
  };
  return {
    surroundings,
    break: (how: typeof broken) => {
      broken = how;
    },
  };
}

function twoSteps() {
  const hold = gate<number>();
  const task = defineTask({
    name: 'order',
    step_templates: [
      { name: 'pay', handler_config: { monitoring: { stall_seconds: 36_000 } }, handler: () => hold.promise },
      { name: 'ship', depends_on_step: 'pay', handler: () => 'shipped' },
    ],
  });
  return { task, hold };
}

/** A store that refuses the changes of one task while it takes others. */
function pickyStore() {
  let refused: string | null = null;
  const refusal: CommitResult = { kind: 'failed', error: new TaskerError('TASKER_INTERNAL', 'constraint secret-4711') };
  return {
    refuse: (taskId: string | null) => {
      refused = taskId;
    },
    /** Takes it if it has something to say that is allowed. */
    onlyTakes: null as string | null,
    wrap(storage: Storage): Storage {
      return {
        ...storage,
        tasks: {
          load: (taskId) => storage.tasks.load(taskId),
          commit: async (changes) =>
            Promise.all(
              changes.map(async (change) => {
                const names = change.events.map((event) => event.name);
                const taken = change.taskId !== refused || names.includes(this.onlyTakes ?? '');
                return taken ? ((await storage.tasks.commit([change]))[0] ?? refusal) : refusal;
              }),
            ),
        },
      };
    },
  };
}

/** A task at its first step, on a store that can refuse its changes. */
async function refusable(t: TestContext) {
  const store = pickyStore();
  const { task, hold } = twoSteps();
  const made = await world(t, [task], { surroundings: { wrapStorage: (storage) => store.wrap(storage) } });
  const handle = await made.tasker.run({ name: 'order', context: {} });
  await rest();
  store.refuse(handle.id);
  return { ...made, store, hold, handle };
}

test('a turn that a defect keeps from being decided parks the task, and says what kind of defect', async (t) => {
  const { task, hold } = twoSteps();
  const chance = brokenChance();
  const { tasker, events, warnings } = await world(t, [task], { surroundings: chance.surroundings });
  const handle = await tasker.run({ name: 'order', context: {} });
  await rest();
  chance.break('second_event');
  hold.open(5);
  const parked = await handle.wait();
  assert.equal(parked.status, 'in_progress');
  assert.match(parked.parked ?? '', /^a turn that cannot be decided \(RangeError\)/);
  const last = (await events(handle.id)).at(-1);
  assert.equal(last?.name, 'workflow.task_state_unclear');
  assert.doesNotMatch(JSON.stringify(last), /secret/);
  assert.match(warnings.join(), /secret-4711 is not a number/, 'the whole message is told to the process');
  chance.break('no');
  const noted = await tasker.annotate(handle.id, { key: 'ticket', value: 'OPS-1' });
  assert.deepEqual([noted.parked, noted.annotations.length], [parked.parked, 1], 'a note is taken and changes nothing');
  assert.equal((await tasker.cancel(handle.id)).status, 'cancelled');
  assert.equal(tasker.status().tasksInMemory, 0);
});

test('a defect that leaves nothing to be recorded is told, and the task is left as it is on disk', async (t) => {
  const { task, hold } = twoSteps();
  const chance = brokenChance();
  const { tasker, story, warnings } = await world(t, [task], { surroundings: chance.surroundings });
  const handle = await tasker.run({ name: 'order', context: {} });
  await rest();
  const before = await story(handle.id);
  chance.break('all');
  hold.open(5);
  await rest();
  assert.deepEqual(await story(handle.id), before);
  assert.ok(warnings.length > 0);
  chance.break('no');
  assert.equal((await tasker.cancel(handle.id)).status, 'cancelled', 'it answers again');
});

test('a task whose creation meets a defect is refused, and leaves neither a run nor a slot taken', async (t) => {
  const { task, hold } = twoSteps();
  const chance = brokenChance();
  const { tasker } = await world(t, [task], { limits: { stepsPerProcess: 1 }, surroundings: chance.surroundings });
  chance.break('all');
  await assert.rejects(tasker.run({ name: 'order', context: {} }), RangeError);
  chance.break('no');
  assert.equal(tasker.status().tasksInMemory, 0);
  hold.open(1);
  assert.equal((await (await tasker.run({ name: 'order', context: {} })).wait()).status, 'complete');
});

test('a change that the store refuses again and again, while it takes others, parks its task', async (t) => {
  const { store, hold, handle, clock, warnings } = await refusable(t);
  store.onlyTakes = 'workflow.task_state_unclear';
  hold.open(5);
  await rest();
  assert.deepEqual(warnings, ['constraint secret-4711'], 'told at once');
  await clock.advance(10_000);
  assert.match((await handle.wait()).parked ?? '', /^a change that the store refuses \(TASKER_INTERNAL\)/);
  assert.deepEqual(warnings, ['constraint secret-4711'], 'and once');
});

test('a task that cannot even be parked rests in memory, and an operator is told why', async (t) => {
  const { store, hold, handle, tasker, clock, warnings } = await refusable(t);
  hold.open(5);
  await rest();
  await clock.advance(10_000);
  const told = warnings.length;
  await clock.advance(300_000);
  assert.equal(warnings.length, told, 'nothing is tried for ever');
  await assert.rejects(tasker.cancel(handle.id), { code: 'TASKER_INTERNAL' });
  store.refuse(null);
  assert.equal((await tasker.cancel(handle.id)).status, 'cancelled');
});

test('a business context field too large to leave the task is named where it is missing', async (t) => {
  const task = defineTask({
    name: 'order',
    handler_config: { business_context: ['customer_id', 'notes'] },
    step_templates: [{ name: 'pay', handler: () => 1 }],
  });
  const { tasker, events } = await world(t, [task]);
  const handle = await tasker.run({ name: 'order', context: { customer_id: 'c1', notes: 'x'.repeat(2000) } });
  const [created] = await events(handle.id);
  assert.deepEqual(created?.business, { customer_id: 'c1' });
  assert.deepEqual((created?.payload as { omittedContext?: unknown }).omittedContext, ['notes']);
});

test('a handler that gives up when it is told to is not counted as late', async (t) => {
  const late = gate();
  const [obedient, stubborn] = [
    defineTask({
      name: 'obedient',
      step_templates: [
        {
          name: 'wait',
          handler: ({ signal }) =>
            new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
        },
      ],
    }),
    defineTask({ name: 'stubborn', step_templates: [{ name: 'wait', handler: () => late.promise }] }),
  ];
  const { tasker } = await world(t, [obedient, stubborn]);
  for (const name of ['obedient', 'stubborn']) {
    const handle = await tasker.run({ name, context: {} });
    await rest();
    await tasker.cancel(handle.id);
  }
  late.open();
  await rest();
  assert.equal(tasker.status().lateResults, 1);
});
