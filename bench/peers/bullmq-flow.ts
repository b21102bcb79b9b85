import { FlowProducer, Worker, type FlowJob } from 'bullmq';

import { context, handler, inFlight, stepNames } from '../checkout-work.ts';
import { waitForJobs } from './bullmq-ends.ts';
import type { StartContender } from './contender.ts';
import { installedVersion } from './installed-version.ts';
import { durabilityOf, startRedis, type AppendFsync } from './redis.ts';

const queueName = 'checkout';

/** The last step is the parent of the one before it, and so on down: BullMQ runs children first. */
function jobOf(index: number): FlowJob {
  return {
    name: stepNames[index] ?? '',
    queueName,
    data: context,
    ...(index > 0 && { children: [jobOf(index - 1)] }),
  };
}

/**
 * Five jobs in a chain of parents, as BullMQ's documentation advises for steps in order: each with its own state,
 * result and retries, like a step here.
 */
export function startBullmqFlow(appendFsync: AppendFsync): StartContender {
  return async (folder) => {
    const redis = await startRedis(folder, appendFsync);
    const connection = { host: '127.0.0.1', port: redis.port, maxRetriesPerRequest: null };
    const flows = new FlowProducer({ connection });
    const worker = new Worker(queueName, () => Promise.resolve(handler()), { connection, concurrency: inFlight });
    const ends = waitForJobs(worker);
    await worker.waitUntilReady();
    return {
      versions: `BullMQ ${installedVersion('bullmq')}, Redis ${redis.version}`,
      durability: durabilityOf[appendFsync],
      async runOne() {
        const { jobId, ended } = ends.next();
        await flows.add({ ...jobOf(stepNames.length - 1), opts: { jobId } });
        await ended;
      },
      async stop() {
        await worker.close();
        await flows.close();
        await redis.stop();
      },
    };
  };
}
