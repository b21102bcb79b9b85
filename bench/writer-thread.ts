// Where should the writer sit? The same engine and load, with the store's writer in the engine's thread and in a
// worker thread that is sent each group by structured clone.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import type { Storage } from '../src/execution/storage.ts';
import type { CommitResult } from '../src/execution/task-store.ts';
import { runCheckouts } from './checkout-load.ts';
import { calibrationMs, median, quantile, type BenchResult } from './result.ts';
import type { WriterRequest } from './writer-worker.ts';

export async function benchWriterThread({ full }: { full: boolean }): Promise<BenchResult> {
  const tasks = full ? 10_000 : 2500;
  const rounds = full ? 5 : 3;
  const folder = await mkdtemp(join(tmpdir(), 'tasker-bench-'));
  try {
    await runCheckouts(join(folder, 'warm.db'), 500);
    const own: number[] = [];
    const threaded: number[] = [];
    const ratios: number[] = [];
    const p99 = { own: 0, threaded: 0 };
    for (let round = 0; round < rounds; round += 1) {
      const here = await runCheckouts(join(folder, `own-${round}.db`), tasks);
      const file = join(folder, `thread-${round}.db`);
      const there = await runCheckouts(file, tasks, (storage) => writtenByThread(storage, file));
      own.push(tasks / here.seconds);
      threaded.push(tasks / there.seconds);
      ratios.push(here.seconds / there.seconds);
      p99.own = quantile(here.latenciesMs, 0.99);
      p99.threaded = quantile(there.latenciesMs, 0.99);
    }
    const ratio = Math.round(median(ratios) * 100) / 100;
    const figures = {
      ownThreadPerSecond: Math.round(median(own)),
      workerThreadPerSecond: Math.round(median(threaded)),
      ownThreadP99Ms: Math.round(p99.own * 10) / 10,
      workerThreadP99Ms: Math.round(p99.threaded * 10) / 10,
      calibrationMs: Math.round(calibrationMs() * 10) / 10,
    };
    return {
      name: 'writer-thread',
      table: [
        ["writer in the engine's thread", `${figures.ownThreadPerSecond}/s, p99 ${figures.ownThreadP99Ms} ms`],
        ['writer in a worker thread', `${figures.workerThreadPerSecond}/s, p99 ${figures.workerThreadP99Ms} ms`],
        ['calibration loop', `${figures.calibrationMs} ms`],
        ['worker thread, as a fraction', String(ratio)],
      ],
      figures,
      ratios: { workerToOwnThread: ratio },
      target: "workerToOwnThread <= 1.1: the writer's place in the engine's thread stands",
      met: ratio <= 1.1,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function writtenByThread(storage: Storage, file: string): Storage {
  const worker = new Worker(new URL('./writer-worker.ts', import.meta.url), { workerData: { file } });
  const waiting = new Map<number, (result: unknown) => void>();
  let nextId = 0;
  worker.on('message', ({ id, result }: { id: number; result: unknown }) => {
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
  type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;
  const ask = (request: WithoutId<WriterRequest>): Promise<unknown> =>
    new Promise((resolve) => {
      nextId += 1;
      waiting.set(nextId, resolve);
      worker.postMessage({ id: nextId, ...request });
    });
  return {
    ...storage,
    tasks: {
      load: (taskId) => storage.tasks.load(taskId),
      commit: async (changes) => (await ask({ kind: 'commit', changes })) as CommitResult[],
    },
    workers: {
      leaseMs: null,
      renew: (workerId) => storage.workers.renew(workerId),
      voidLost: (workerId, facts) => storage.workers.voidLost(workerId, facts),
      join: async (info) => (await ask({ kind: 'join', worker: info })) as number | null,
      leave: async (workerId) => {
        await ask({ kind: 'leave', workerId });
        return null;
      },
      note: async () => null,
      isEngineRunning: () => storage.workers.isEngineRunning(),
    },
  };
}
