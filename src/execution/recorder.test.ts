import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Progress } from '../subscribers/subscriber-store.ts';
import { Recorder } from './recorder.ts';
import type { Change } from './task-store.ts';

const change = (taskId: string): Change => ({ taskId, lease: 1, steps: [], errors: [], events: [], commands: [] });
const progress = (subscriber: string): Progress => ({ kind: 'register', subscriber, checkpoint: 0, state: null });

/** Notes what each flush wrote. */
function noting() {
  const flushes: string[] = [];
  const committed = (changes: readonly Change[]) =>
    changes.map(() => ({ kind: 'committed', firstPosition: null }) as const);
  return {
    flushes,
    storage: {
      tasks: {
        load: async () => null,
        commit: async (changes: readonly Change[]) => {
          flushes.push(changes.map(({ taskId }) => taskId).join(' '));
          return committed(changes);
        },
      },
      commitGroup: async (changes: readonly Change[], parts: readonly Progress[]) => {
        flushes.push([...changes.map(({ taskId }) => taskId), ...parts.map(({ subscriber }) => subscriber)].join(' '));
        return {
          changes: committed(changes),
          progress: parts.map(() => ({ kind: 'saved', firstPosition: null }) as const),
        };
      },
    },
  };
}

test("subscribers' progress joins the group that is being gathered, after the engine's changes", async () => {
  const { flushes, storage } = noting();
  const recorder = new Recorder(storage);
  await Promise.all([recorder.save(progress('a'), 10), recorder.write(change('t1')), recorder.save(progress('b'), 10)]);
  assert.deepEqual(flushes, ['t1 a b']);
});

test('a flush carries no more progress than it can bear, and a part that is larger goes alone', async () => {
  const { flushes, storage } = noting();
  const recorder = new Recorder(storage, { maxProgressBytes: 100 });
  await Promise.all([
    recorder.save(progress('a'), 60),
    recorder.save(progress('b'), 60),
    recorder.save(progress('c'), 500),
    recorder.save(progress('d'), 100),
    recorder.write(change('t1')),
  ]);
  assert.deepEqual(flushes, ['t1 a', 'b', 'c', 'd']);
});

test('draining waits for progress too', async () => {
  const { flushes, storage } = noting();
  const recorder = new Recorder(storage, { maxProgressBytes: 1 });
  void recorder.save(progress('a'), 1);
  void recorder.save(progress('b'), 1);
  await recorder.drain();
  assert.deepEqual(flushes, ['a', 'b']);
});
