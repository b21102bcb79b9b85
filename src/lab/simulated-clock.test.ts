import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SimulatedClock } from './simulated-clock.ts';

test('timers fire at their time, those of one moment in the order in which they were set', async () => {
  const clock = new SimulatedClock(1000);
  const fired: string[] = [];
  const note = (name: string) => (): void => void fired.push(`${name}@${clock.now()}`);
  clock.setTimer(20, note('c'));
  clock.setTimer(10, note('a'));
  clock.setTimer(10, note('b'));
  clock.setTimer(15, note('never')).cancel();
  clock.setTimer(200, note('later'));
  await clock.advanceTo(1100);
  assert.deepEqual(fired, ['a@1010', 'b@1010', 'c@1020']);
  assert.equal(clock.now(), 1100);
});

test('no timer fires before all that the one before has set going is done, however many turns that takes', async () => {
  const clock = new SimulatedClock(0);
  const story: string[] = [];
  const work = async (name: string): Promise<void> => {
    for (let turn = 0; turn < 30; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      for (let tick = 0; tick < 5; tick += 1) await Promise.resolve();
    }
    story.push(`${name} done@${clock.now()}`);
    clock.setTimer(0.25, () => void story.push(`${name} after@${clock.monotonicMs()}`));
  };
  clock.setTimer(1, () => void work('first'));
  clock.setTimer(2, () => void work('second'));
  await clock.advanceTo(10);
  assert.deepEqual(story, ['first done@1', 'first after@1.25', 'second done@2', 'second after@2.25']);
});

test('a heap of timers, most of them cancelled, is in order all the same', async () => {
  const clock = new SimulatedClock(0);
  const fired: number[] = [];
  let kept = 0;
  for (let index = 0; index < 20_000; index += 1) {
    const atMs = (index * 7919) % 10_007;
    const timer = clock.setTimer(atMs, () => void fired.push(atMs));
    if (index % 10 === 0) kept += 1;
    else timer.cancel();
  }
  await clock.advanceTo(20_000);
  assert.equal(fired.length, kept);
  assert.deepEqual(
    fired,
    fired.toSorted((a, b) => a - b),
  );
});

test('a callback that throws ends the advance with its error', async () => {
  const clock = new SimulatedClock(0);
  clock.setTimer(1, () => {
    throw new Error('broken scenario');
  });
  await assert.rejects(clock.advanceTo(10), /broken scenario/);
});
