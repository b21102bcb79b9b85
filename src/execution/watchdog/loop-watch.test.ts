import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

import { FakeClock } from '../../testing/fake-clock.ts';
import { systemClock } from '../../shared/clock.ts';
import { describeBlock } from './describe-block.ts';
import { type Block, LoopWatch } from './loop-watch.ts';
import { WatchMemory } from './watch-memory.ts';

const task = { id: 't1', namespace: 'shop', name: 'checkout' };

const fail = (error: unknown): void => assert.fail(String(error));

/** A watch whose thread is the test. */
function watched() {
  const clock = new FakeClock();
  const blocks: Block[] = [];
  const watch = new LoopWatch({
    clock,
    limitMs: 1000,
    onBlocked: (block) => void blocks.push(block),
    onProblem: fail,
    startThread: () => undefined,
  });
  return { clock, blocks, watch, thread: new WatchMemory(watch.memory.buffer) };
}

test('it beats four times within the limit, and ends the thread when it stops', async () => {
  const { clock, watch, thread } = watched();
  assert.equal(thread.beat, 0);
  watch.start();
  await clock.advance(1000);
  assert.equal(thread.beat, 5);
  assert.equal(thread.isOver, false);
  watch.stop();
  assert.equal(thread.isOver, true);
});

test('what the thread saw is told as soon as the loop is back: how long, and which handler was being called', async () => {
  const { clock, blocks, watch, thread } = watched();
  watch.start();
  await clock.advance(250);
  watch.memory.called(task, 'pay', 2);
  thread.markBlocked(thread.beat);
  watch.memory.returned();
  watch.memory.called({ ...task, id: 't2' }, 'ship', 1);
  assert.deepEqual(blocks, []);
  await clock.advance(250);
  const handler = { taskName: 'shop.checkout', task: 't1', step: 'pay', attempt: 2, calling: true };
  assert.deepEqual(blocks, [{ blockedMs: 250, limitMs: 1000, handler }]);
  await clock.advance(1000);
  assert.equal(blocks.length, 1, 'once');
});

test('a block after its handler had returned a promise names the handler without saying that it was it', async () => {
  const { clock, blocks, watch, thread } = watched();
  watch.start();
  thread.markBlocked(thread.beat);
  await clock.advance(250);
  watch.memory.called(task, 'pay', 1);
  watch.memory.returned();
  thread.markBlocked(thread.beat);
  watch.stop();
  assert.deepEqual(
    blocks.map(({ handler }) => handler?.calling ?? null),
    [null, false],
  );
});

test('a loop that came back before the thread had said so is no block', async () => {
  const { clock, blocks, watch, thread } = watched();
  watch.start();
  const late = thread.beat;
  await clock.advance(250);
  thread.markBlocked(late);
  await clock.advance(1000);
  assert.deepEqual(blocks, []);
});

test('names longer than there is room for are cut', () => {
  const memory = new WatchMemory();
  memory.nextBeat();
  memory.called({ ...task, name: 'x'.repeat(2000) }, 'pay', 1);
  assert.equal(memory.markBlocked(1)?.step, 'pay');
});

test('the words say whether a handler is at it', () => {
  const handler = { taskName: 'shop.checkout', task: 't1', step: 'pay', attempt: 2, calling: true };
  assert.match(describeBlock(1234.5, handler), /1235 ms.*It is in the handler of step 'pay' \(attempt 2\)/);
  assert.match(describeBlock(1234, { ...handler, calling: false }), /The handler called last was the handler/);
  assert.match(describeBlock(1234, null), /No handler was called before/);
});

test('the thread tells of a loop that stands still while it stands still', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tasker-watchdog-'));
  const file = join(folder, 'stderr');
  const tellTo = openSync(file, 'w');
  const threads: Worker[] = [];
  const blocks: Block[] = [];
  const watch = new LoopWatch({
    clock: systemClock,
    limitMs: 40,
    onBlocked: (block) => void blocks.push(block),
    onProblem: fail,
    startThread: (data) => {
      threads.push(new Worker(new URL('./watchdog-thread.ts', import.meta.url), { workerData: { ...data, tellTo } }));
    },
  });
  watch.start();
  const [thread] = threads;
  t.after(async () => {
    await thread?.terminate();
    closeSync(tellTo);
    rmSync(folder, { recursive: true });
  });
  watch.memory.called(task, 'pay', 1);
  // A real block: this loop ends only when somebody else has written the line. It cannot hang for ever: the runner kills it.
  while (readFileSync(file, 'utf8') === '');
  watch.memory.returned();
  assert.match(
    readFileSync(file, 'utf8'),
    /^tasker: the event loop has been blocked for \d+ ms.*It is in .* 'pay'.*\n$/,
  );
  const ended = new Promise((resolve) => thread?.once('exit', resolve));
  watch.stop();
  assert.equal(await ended, 0);
  assert.deepEqual(
    blocks.map(({ handler }) => handler),
    [{ taskName: 'shop.checkout', task: 't1', step: 'pay', attempt: 1, calling: true }],
  );
  assert.ok((blocks[0]?.blockedMs ?? 0) >= 40);
});
