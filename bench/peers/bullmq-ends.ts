import type { Worker } from 'bullmq';

export interface JobEnds {
  /** An id for the next workflow's last job, and a promise of that job's end. */
  next(): { readonly jobId: string; readonly ended: Promise<void> };
}

/** Hears of ends from the worker in this process: cheaper for BullMQ than reading its event stream. A failure fails all that wait. */
export function waitForJobs<Data>(worker: Worker<Data>): JobEnds {
  const waiting = new Map<string, { resolve(): void; reject(error: Error): void }>();
  const rejectAll = (error: Error): void => {
    for (const job of waiting.values()) job.reject(error);
  };
  worker.on('completed', (job) => {
    waiting.get(job.id ?? '')?.resolve();
    waiting.delete(job.id ?? '');
  });
  worker.on('failed', (_job, error) => rejectAll(error));
  worker.on('error', rejectAll);
  let count = 0;
  return {
    next() {
      count += 1;
      const jobId = `workflow-${count}`;
      const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
      waiting.set(jobId, { resolve, reject });
      return { jobId, ended };
    },
  };
}
