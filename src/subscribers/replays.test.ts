import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Replays } from './replays.ts';
import type { Progress, ProgressResult, SubscriberStore } from './subscriber-store.ts';

/** A writer that says whose place was given up, and refuses while it is full. */
function writer() {
  const given: string[] = [];
  const store = { full: false };
  const save = async (progress: Progress): Promise<ProgressResult> => {
    if (store.full) throw new Error('the disk is full');
    given.push(progress.subscriber);
    return { kind: 'saved', firstPosition: null };
  };
  return { given, store, replays: new Replays({ save }) };
}

describe("a replay's place", () => {
  it('is given up at its end, however it ends: also when the thread that it ran in is gone', async () => {
    const { given, replays } = writer();
    assert.equal(await replays.run('a', async () => 7), 7);
    await assert.rejects(
      replays.run('b', () => Promise.reject(new Error('the thread is gone'))),
      /gone/,
    );
    assert.deepEqual(given, ['a', 'b']);
    await replays.look();
    assert.deepEqual(given, ['a', 'b'], 'once');
  });

  it('is not given up by a second one that is refused', async () => {
    const { given, replays } = writer();
    const first = Promise.withResolvers<void>();
    const running = replays.run('a', () => first.promise);
    await assert.rejects(
      replays.run('a', () => Promise.reject(new Error('already'))),
      /already/,
    );
    await replays.look();
    assert.deepEqual(given, []);
    first.resolve();
    await running;
    assert.deepEqual(given, ['a']);
  });

  it('is given up later if the store takes nothing', async () => {
    const { given, store, replays } = writer();
    store.full = true;
    await replays.run('a', async () => undefined);
    await replays.look();
    store.full = false;
    await replays.look();
    await replays.look();
    assert.deepEqual(given, ['a']);
  });

  it('of a process that is gone is given up by the next', async () => {
    const { given, replays } = writer();
    const row = { checkpoint: 9, countsFrom: null, generation: 1, lagged: false, parked: 0, stateBytes: 0 };
    const replay = { from: 1, reached: 5, to: 9, parked: 0 };
    const list: SubscriberStore['list'] = async () => [
      { ...row, name: 'a', replay },
      { ...row, name: 'b', replay: null },
    ];
    await replays.clear({ list });
    assert.deepEqual(given, ['a']);
  });
});
