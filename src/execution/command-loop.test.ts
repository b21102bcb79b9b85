import assert from 'node:assert/strict';
import { test } from 'node:test';

import { TaskerError } from '../shared/errors.ts';
import { FakeClock, rest } from '../testing/fake-clock.ts';
import type { CommandInbox, StoredCommand } from './command-inbox.ts';
import { CommandLoop } from './command-loop.ts';

const run: StoredCommand = { id: 'c1', kind: 'run', taskId: null, body: { name: 'checkout' }, requestedAt: 1 };

/** An engine that is asked for a task, and answers only when it is told to. */
function asked() {
  const creating = Promise.withResolvers<never>();
  const settled: string[] = [];
  const problems: unknown[] = [];
  const inbox: Partial<CommandInbox> = {
    hasNews: () => true,
    pending: () => Promise.resolve([run]),
    settle: async (id) => void settled.push(id),
  };
  const loop = new CommandLoop({
    inbox: inbox as CommandInbox,
    engine: { create: () => creating.promise, operate: () => assert.fail('it was asked for a task alone') },
    clock: new FakeClock(),
    ownTasks: () => null,
    othersMay: true,
    carryOutOther: () => assert.fail('it was asked for a task alone'),
    onProblem: (error) => void problems.push(error),
  });
  return { loop, creating, settled, problems };
}

const notRunning = new TaskerError('TASKER_ENGINE_NOT_RUNNING', 'The engine is stopping.');

test('what a stopping engine has just picked up stays for others, and is no trouble to tell of', async () => {
  const { loop, creating, settled, problems } = asked();
  void loop.start();
  await rest();
  const stopped = loop.stop();
  creating.reject(notRunning);
  await stopped;
  assert.deepEqual([settled, problems], [[], []]);
});

test('that an engine which should be running is not is told of', async () => {
  const { loop, creating, problems } = asked();
  void loop.start();
  creating.reject(notRunning);
  await rest();
  assert.deepEqual(problems, [notRunning]);
  await loop.stop();
});

test('what subscribers are asked and do not answer holds up nothing that tasks are asked, however much it is', async () => {
  const clock = new FakeClock();
  const waiting: StoredCommand[] = Array.from({ length: 1_500 }, (_unused, n) => ({
    id: `retry-${n}`,
    kind: 'retry_parked',
    taskId: null,
    body: { subscriber: 'slow', position: n },
    requestedAt: 1,
  }));
  const cancel: StoredCommand = { id: 'cancel', kind: 'cancel', taskId: 'a', body: {}, requestedAt: 2 };
  const all = [...waiting, cancel];
  const inbox: Partial<CommandInbox> = {
    hasNews: () => false,
    pending: async (limit, _ofTasks, after) => {
      const from = all.findIndex(({ id }) => id === after) + 1;
      return all.slice(from, from + limit);
    },
  };
  const begun = new Set<string>();
  const operated: string[] = [];
  const loop = new CommandLoop({
    inbox: inbox as CommandInbox,
    engine: { create: () => assert.fail('nobody asked for a task'), operate: async (id) => void operated.push(id) },
    clock,
    ownTasks: () => null,
    othersMay: false,
    carryOutOther: ({ id }) => {
      begun.add(id);
      return new Promise(() => undefined);
    },
    onProblem: (error) => assert.fail(String(error)),
  });
  await loop.start();
  for (let looks = 0; operated.length === 0 && looks < 50; looks += 1) await clock.advance(250);
  assert.deepEqual([...new Set(operated)], ['a']);
  assert.ok(begun.size <= 1_100, 'and no more of it is under way than is bounded');
  await loop.stop();
});

/** An engine that does not know the template that is asked for; `awaited`: whether somebody still waits for the answer. */
function askedForUnknown(awaited: boolean) {
  const clock = new FakeClock();
  const settled: string[] = [];
  const passed: string[] = [];
  const inbox: Partial<CommandInbox> = {
    hasNews: () => false,
    pending: (_limit, _ofTasks, after) => Promise.resolve(after === undefined && settled.length === 0 ? [run] : []),
    pass: async (id) => void passed.push(id),
    refuseAwaited: async (id, code) => void (awaited && settled.push(`${id} ${code}`)),
  };
  const loop = new CommandLoop({
    inbox: inbox as CommandInbox,
    engine: {
      create: () => Promise.reject(new TaskerError('TASKER_TEMPLATE_NOT_FOUND', 'Newer ones may know it.')),
      operate: () => assert.fail('it was asked for a task alone'),
    },
    clock,
    ownTasks: () => null,
    othersMay: true,
    carryOutOther: () => assert.fail('it was asked for a task alone'),
    onProblem: (error) => assert.fail(String(error)),
  });
  return { loop, clock, settled, passed };
}

test('a template that is not known here is left to others for three seconds, however often there is news meanwhile', async () => {
  const { loop, clock, settled, passed } = askedForUnknown(true);
  await loop.start();
  for (let times = 0; times < 20; times += 1) {
    loop.wake();
    await clock.advance(1);
  }
  await clock.advance(2_500);
  assert.deepEqual(settled, []);
  assert.ok(passed.length > 20);
  await clock.advance(1_000);
  assert.deepEqual(settled, ['c1 TASKER_TEMPLATE_NOT_FOUND']);
  await loop.stop();
});

test('a request for an unknown template whose sender has left is refused by nobody, and costs nothing while it waits', async () => {
  const { loop, clock, settled, passed } = askedForUnknown(false);
  await loop.start();
  await clock.advance(4_000);
  const before = passed.length;
  await clock.advance(60_000);
  assert.deepEqual(settled, []);
  assert.equal(passed.length, before);
  await loop.stop();
});
