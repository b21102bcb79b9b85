import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

import { EventDirectory } from '../../events/event-directory.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { defineSubscriber } from '../define-subscriber.ts';
import { resolveSubscribers } from '../resolve-subscriber.ts';
import { ObserverThread } from './observer-thread.ts';

/** A thread whose subscribers begin when `gate` is opened. */
const slowToStart = `
  const { parentPort, workerData } = require('node:worker_threads');
  const group = {
    subscribers: [{ name: 'one' }],
    start: () => Atomics.waitAsync(workerData.gate, 0, 0).value,
    look() {},
    stop() {},
    standing: () => ({ checkpoint: 0, position: 0, settledPosition: 0, replay: null, trouble: null, sink: null }),
  };
  import(workerData.serveGroup).then(({ serveGroup }) =>
    serveGroup(parentPort, async () => ({ group, close: async () => {} })),
  );
`;

test('one that is looked at while it starts is not taken for blocked', async (t) => {
  const clock = new FakeClock();
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const serveGroup = new URL('serve-group.ts', import.meta.url).href;
  const on = { 'task.completed': () => undefined };
  const thread = new ObserverThread({
    module: './one.ts',
    subscribers: resolveSubscribers([defineSubscriber({ name: 'one', on })], new EventDirectory()),
    spawn: () => new Worker(slowToStart, { eval: true, workerData: { gate, serveGroup } }),
    writer: { save: () => assert.fail('nothing is to be saved') },
    removedUpTo: async () => 0,
    writeOut: async () => undefined,
    warn: (message) => assert.fail(message),
    clock,
    onProblem: (error) => assert.fail(String(error)),
  });
  t.after(() => thread.stop());
  const starting = thread.start();
  thread.look();
  await clock.advance(5000);
  thread.look();
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
  await starting;
  thread.look();
  assert.equal(thread.standing('one')?.trouble, null);
});
