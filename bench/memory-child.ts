// node --expose-gc memory-child.ts <database file> <tasks, comma-separated>: the heap after each of these many tasks, sent to the parent.
import { setImmediate } from 'node:timers/promises';

import { createTasker, type Tasker } from '../src/index.ts';
import { checkout } from './checkout-load.ts';
import { context, inFlight } from './checkout-work.ts';
import { counting } from './subscribers.ts';

export interface MemoryMark {
  readonly tasks: number;
  /** What is left after a collection, buffers outside the heap included, while no task is under way. */
  readonly heapBytes: number;
  /** The whole process: SQLite's caches and what V8 has not given back are in it. */
  readonly rssBytes: number;
  readonly seconds: number;
}

async function runTasks(tasker: Tasker, count: number): Promise<void> {
  let begun = 0;
  const lane = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      const handle = await tasker.run({ name: 'checkout', context });
      const task = await handle.wait();
      if (task.status !== 'complete') throw new Error(`a checkout ended ${task.status}`);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}

async function usedBytes(): Promise<number> {
  // Twice: the first collection runs finalisers whose objects only the second takes.
  for (let turn = 0; turn < 2; turn += 1) {
    await setImmediate();
    globalThis.gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const [file = '', marks = ''] = process.argv.slice(2);
const tasker = await createTasker(
  { storage: { kind: 'sqlite', file }, tasks: [checkout], subscribers: [counting('counter')] },
  { env: {} },
);
await tasker.start({ advance: 'own' });
const began = performance.now();
let done = 0;
for (const tasks of marks.split(',').map(Number)) {
  await runTasks(tasker, tasks - done);
  done = tasks;
  const heapBytes = await usedBytes();
  const mark: MemoryMark = {
    tasks,
    heapBytes,
    rssBytes: process.memoryUsage.rss(),
    seconds: (performance.now() - began) / 1000,
  };
  process.send?.(mark);
}
await tasker.stop();
process.disconnect();
