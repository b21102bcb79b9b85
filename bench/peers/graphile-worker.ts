import { Logger, run, type TaskList } from 'graphile-worker';

import { context, handler, stepNames } from '../checkout-work.ts';
import { installedVersion } from './installed-version.ts';
import type { StartOnPostgres } from './on-postgres.ts';
import { workflowEnds } from './workflow-ends.ts';

interface Payload {
  readonly workflow: string;
  readonly context: typeof context;
}

/** As many as its own published figures are measured with; a connection for each of fifty would leave too few of PostgreSQL's hundred. */
const concurrentJobs = 24;

/**
 * A job per step; each adds the next before it ends. With the batching that its page on performance advises. A handler
 * has no transaction that its job's end would share: a crash between the two runs the step, and all after it, again.
 */
export const startGraphileWorker: StartOnPostgres = async ({ url, version, settings }) => {
  const ends = workflowEnds();
  const taskList: TaskList = Object.fromEntries(
    stepNames.map((name, index) => [
      name,
      async (payload, helpers) => {
        handler();
        const next = stepNames[index + 1];
        if (next !== undefined) await helpers.addJob(next, payload);
      },
    ]),
  );
  const runner = await run({
    preset: {
      worker: {
        connectionString: url,
        concurrentJobs,
        maxPoolSize: concurrentJobs + 2,
        localQueue: { size: concurrentJobs + 1 },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
    logger: new Logger(() => () => undefined),
    noHandleSignals: true,
    taskList,
  });
  const last = stepNames.at(-1);
  runner.events.on('job:success', ({ job }) => {
    if (job.task_identifier === last) ends.end((job.payload as Payload).workflow);
  });
  runner.events.on('job:error', ({ error }) => ends.fail(error as Error));
  runner.promise.catch((error: Error) => ends.fail(error));
  return {
    versions: `graphile-worker ${installedVersion('graphile-worker')}, PostgreSQL ${version}`,
    durability: `every job on disk; a step may run twice after a crash (${settings})`,
    async runOne() {
      const { workflow, ended } = ends.next();
      await runner.addJob(stepNames[0] ?? '', { workflow, context } satisfies Payload);
      await ended;
    },
    stop: () => runner.stop(),
  };
};
