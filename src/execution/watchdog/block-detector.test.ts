import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BlockDetector } from './block-detector.ts';

test('a counter that rises in time is never news', () => {
  const detector = new BlockDetector(100);
  for (let beat = 1; beat < 20; beat += 1) assert.equal(detector.look(beat, beat * 99), null);
});

test('a standstill is told once, with how long it has lasted, and the next one again', () => {
  const detector = new BlockDetector(100);
  const told = [
    detector.look(1, 0),
    detector.look(1, 99),
    detector.look(1, 130),
    detector.look(1, 500),
    detector.look(2, 600),
    detector.look(2, 700),
  ];
  assert.deepEqual(told, [null, null, 130, null, null, 100]);
});

test('before the first beat there is nothing to watch', () => {
  assert.equal(new BlockDetector(100).look(0, 10_000), null);
});
