import { PgBoss, type Job } from 'pg-boss';

import { context, handler, inFlight, stepNames } from '../checkout-work.ts';
import { installedVersion } from './installed-version.ts';
import type { StartOnPostgres } from './on-postgres.ts';
import { workflowEnds } from './workflow-ends.ts';

interface Data {
  readonly workflow: string;
  readonly step: number;
  readonly context: typeof context;
}

const queue = 'checkout';

/** A job per step; the next is inserted in the transaction that completes the one before. Batches, and woken by NOTIFY. */
export const startPgBoss: StartOnPostgres = async ({ url, version, settings }) => {
  const boss = new PgBoss({ connectionString: url, useListenNotify: true });
  const ends = workflowEnds();
  boss.on('error', (error) => ends.fail(error));
  await boss.start();
  await boss.createQueue(queue, { notify: true });
  await boss.work(
    queue,
    {
      transactional: true,
      batchSize: inFlight,
      localConcurrency: 2,
      burstWhenBatchFull: true,
      pollingIntervalSeconds: 0.5,
      notifyPollingIntervalSeconds: 0.5,
    },
    async (jobs: Job<Data>[], tx) => {
      for (const _job of jobs) handler();
      const next = jobs.filter(({ data }) => data.step + 1 < stepNames.length);
      if (next.length > 0) {
        await boss.insert(
          queue,
          next.map(({ data }) => ({ data: { ...data, step: data.step + 1 } })),
          { db: tx },
        );
      }
      for (const { data } of jobs) if (data.step + 1 === stepNames.length) ends.end(data.workflow);
    },
  );
  return {
    versions: `pg-boss ${installedVersion('pg-boss')}, PostgreSQL ${version}`,
    durability: `every job on disk before the next (${settings})`,
    async runOne() {
      const { workflow, ended } = ends.next();
      await boss.send(queue, { workflow, step: 0, context } satisfies Data);
      await ended;
    },
    stop: () => boss.stop({ graceful: false }),
  };
};
