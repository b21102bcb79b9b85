import type { ContenderName, StartContender } from './contender.ts';
import type { OnPostgresName, StartOnPostgres } from './on-postgres.ts';

/** Loaded one by one: what a contender brings into a process is its own affair. */
export const contenders: Readonly<Record<ContenderName, () => Promise<StartContender>>> = {
  tasker: async () => (await import('./tasker.ts')).startTasker,
  dbos: async () => {
    const [{ withOwnPostgres }, { startDbos }] = await Promise.all([import('./own-postgres.ts'), import('./dbos.ts')]);
    return withOwnPostgres(startDbos);
  },
  bullmq: async () => (await import('./bullmq-flow.ts')).startBullmqFlow('everysec'),
  bullmqAlways: async () => (await import('./bullmq-flow.ts')).startBullmqFlow('always'),
  bullmqOneJob: async () => (await import('./bullmq-one-job.ts')).startBullmqOneJob('everysec'),
  bullmqOneJobAlways: async () => (await import('./bullmq-one-job.ts')).startBullmqOneJob('always'),
  restate: async () => (await import('./restate.ts')).startRestate,
};

/** The same for those that share a server. */
export const contendersOnPostgres: Readonly<Record<OnPostgresName, () => Promise<StartOnPostgres>>> = {
  tasker: async () => (await import('./tasker-on-postgres.ts')).startTasker,
  taskerObserved: async () => (await import('./tasker-on-postgres.ts')).startTaskerObserved,
  dbos: async () => (await import('./dbos.ts')).startDbos,
  graphileWorker: async () => (await import('./graphile-worker.ts')).startGraphileWorker,
  pgBoss: async () => (await import('./pg-boss.ts')).startPgBoss,
};
