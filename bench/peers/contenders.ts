import type { ContenderName, StartContender } from './contender.ts';

/** Loaded one by one: what a contender brings into a process is its own affair. */
export const contenders: Readonly<Record<ContenderName, () => Promise<StartContender>>> = {
  tasker: async () => (await import('./tasker.ts')).startTasker,
  dbos: async () => (await import('./dbos.ts')).startDbos,
  bullmq: async () => (await import('./bullmq-flow.ts')).startBullmqFlow('everysec'),
  bullmqAlways: async () => (await import('./bullmq-flow.ts')).startBullmqFlow('always'),
  bullmqOneJob: async () => (await import('./bullmq-one-job.ts')).startBullmqOneJob('everysec'),
  bullmqOneJobAlways: async () => (await import('./bullmq-one-job.ts')).startBullmqOneJob('always'),
  restate: async () => (await import('./restate.ts')).startRestate,
};
