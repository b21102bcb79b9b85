import assert from 'node:assert/strict';
import { test } from 'node:test';

import { StoreClock } from './store-clock.ts';

/** A machine whose clock is minutes off and can be set. */
function machine() {
  const time = { now: 1_000_000, monotonic: 5_000 };
  const clock = {
    now: () => time.now,
    monotonicMs: () => time.monotonic,
    setTimer: () => ({ cancel: () => undefined }),
  };
  return { time, clock: new StoreClock(clock) };
}

test("tells the database's time, and is not moved by setting the machine's clock", () => {
  const { time, clock } = machine();
  assert.equal(clock.now(), 1_000_000, 'its own, before it has asked');
  clock.set(7_000_000, 5_000, 5_010);
  time.monotonic = 5_010;
  assert.equal(clock.now(), 7_000_005);
  time.monotonic += 60_000;
  time.now -= 3_600_000;
  assert.equal(clock.now(), 7_060_005);
});

test('believes a quick answer more than a slow one, unless the two cannot both be true', () => {
  const { time, clock } = machine();
  clock.set(7_000_000, 5_000, 5_002);
  time.monotonic = 9_000;
  // Said at some moment of these four seconds: in keeping with what it knows.
  clock.set(7_001_000, 5_000, 9_000);
  assert.equal(clock.now(), 7_003_999);
  // Said in the last millisecond: the database is ahead of what it believed.
  clock.set(7_010_000, 8_999, 9_000);
  assert.equal(clock.now(), 7_010_000);
});
