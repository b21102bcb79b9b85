import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Silence } from '../tasks/decide-task.ts';
import type { StepTemplate } from '../tasks/template.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { Attempt } from './attempt.ts';
import { StepSlots } from './step-slots.ts';
import { LoopWatch } from './watchdog/loop-watch.ts';
import { WatchMemory } from './watchdog/watch-memory.ts';

const fail = (): never => assert.fail();

/** A process whose loop can be blocked: the watchdog's thread is the test. */
function blockable() {
  const clock = new FakeClock();
  const watch = new LoopWatch({
    clock,
    limitMs: 1000,
    onBlocked: () => undefined,
    onProblem: fail,
    startThread: () => undefined,
  });
  const thread = new WatchMemory(watch.memory.buffer);
  watch.start();
  const block = async (forMs: number): Promise<void> => {
    clock.jump(forMs);
    if (forMs >= 1000) thread.markBlocked(thread.beat);
    await clock.advance(0);
  };
  return { clock, watch, block };
}

function running({ clock, watch }: ReturnType<typeof blockable>, beating: (heartbeat: () => void) => void = () => {}) {
  const stalls: Silence[] = [];
  const blocked: number[] = [];
  let settle: () => void = fail;
  const attempt = new Attempt({ name: 'pay', timeoutMs: null, stallMs: 10_000 } as StepTemplate, 1, {
    clock,
    stoodStillMs: () => watch.stoodStillMs,
    slots: new StepSlots({ perProcess: 1, maxAbandoned: 0 }),
    shares: [],
    maxResultBytes: 1000,
    checkEvent: fail,
    hasRoomForNote: () => false,
    listener: {
      completed: (ended) => void blocked.push(ended.blockedMs),
      failed: fail,
      stalled: (silence) => void stalls.push(silence),
      late: fail,
    },
  });
  attempt.start(async ({ heartbeat }) => {
    beating(heartbeat);
    await new Promise<void>((resolve) => (settle = resolve));
  }, {} as never);
  return { stalls, blocked, settle: () => settle() };
}

test('a handler that could give no sign while the loop stood still has not stalled by that', async () => {
  const process = blockable();
  const { stalls } = running(process);
  await process.clock.advance(4000);
  await process.block(30_000);
  await process.clock.advance(5750);
  assert.deepEqual(stalls, []);
  await process.clock.advance(1000);
  assert.deepEqual(
    stalls.map(({ silentMs }) => silentMs >= 40_000),
    [true],
    'once it is silent for its stall limit beside the block; how long it was silent is told as it was',
  );
});

test('a block that was over before the stall limit, and one before a heartbeat, count too and no more', async () => {
  const process = blockable();
  let beat: () => void = fail;
  const { stalls } = running(process, (heartbeat) => (beat = heartbeat));
  await process.clock.advance(1000);
  await process.block(3000);
  await process.clock.advance(8750);
  assert.deepEqual(stalls, []);
  beat();
  await process.clock.advance(9999);
  assert.deepEqual(stalls, []);
  await process.clock.advance(1);
  assert.equal(stalls.length, 1);
});

test('a loop that is merely late is no block', async () => {
  const process = blockable();
  const { stalls } = running(process);
  await process.block(900);
  await process.clock.advance(9100);
  assert.equal(stalls.length, 1);
});

test('an attempt tells for how long it was blocked, never longer than it took', async () => {
  const process = blockable();
  await process.clock.advance(200);
  const { blocked, settle } = running(process);
  await process.block(5000);
  settle();
  await process.clock.advance(0);
  const next = running(process);
  await process.clock.advance(1000);
  next.settle();
  await process.clock.advance(0);
  assert.deepEqual([...blocked, ...next.blocked], [5000, 0]);
});

test('a process that was stopped, watchdog and all, was blocked as well', async () => {
  const process = blockable();
  const { stalls } = running(process);
  process.clock.jump(60_000);
  await process.clock.advance(0);
  assert.deepEqual(stalls, []);
});
