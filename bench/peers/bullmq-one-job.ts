import { Queue, Worker } from 'bullmq';

import { context, handler, inFlight, stepNames } from '../checkout-work.ts';
import { waitForJobs } from './bullmq-ends.ts';
import type { StartContender } from './contender.ts';
import { installedVersion } from './installed-version.ts';
import { durabilityOf, startRedis, type AppendFsync } from './redis.ts';

interface Progress {
  readonly context: typeof context;
  readonly results: readonly ReturnType<typeof handler>[];
}

/**
 * One job that keeps each step's result in its own data, so that a retry goes on where it was. Less than a step here: one state and one
 * count of retries for all five, and no record of what happened when.
 */
export function startBullmqOneJob(appendFsync: AppendFsync): StartContender {
  return async (folder) => {
    const redis = await startRedis(folder, appendFsync);
    const connection = { host: '127.0.0.1', port: redis.port, maxRetriesPerRequest: null };
    const queue = new Queue<Progress>('checkout', { connection });
    const worker = new Worker<Progress>(
      'checkout',
      async (job) => {
        while (job.data.results.length < stepNames.length) {
          await job.updateData({ ...job.data, results: [...job.data.results, handler()] });
        }
      },
      { connection, concurrency: inFlight },
    );
    const ends = waitForJobs(worker);
    await worker.waitUntilReady();
    return {
      versions: `BullMQ ${installedVersion('bullmq')}, Redis ${redis.version}`,
      durability: durabilityOf[appendFsync],
      async runOne() {
        const { jobId, ended } = ends.next();
        await queue.add('checkout', { context, results: [] }, { jobId });
        await ended;
      },
      async stop() {
        await worker.close();
        await queue.close();
        await redis.stop();
      },
    };
  };
}
