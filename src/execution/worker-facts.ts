import { hostname } from 'node:os';

import { toNewEvent } from '../log/append.ts';
import type { NewEvent } from '../log/event-log.ts';
import type { Clock } from '../shared/clock.ts';
import type { Random } from '../shared/ids.ts';
import type { Block } from './watchdog/loop-watch.ts';
import type { LostWorker, WorkerInfo } from './workers.ts';

/** The facts that an engine records about itself and about those that went before it. */
export function workerFacts(id: string, clock: Clock, random: Random) {
  const info: WorkerInfo = { id, pid: process.pid, host: hostname(), startedAt: clock.now() };
  const startedMs = clock.monotonicMs();
  const who = { worker: id, pid: info.pid, host: info.host };
  const losses = (lost: readonly LostWorker[]): NewEvent[] => {
    const occurredAt = clock.now();
    return lost.map(({ id: worker, pid, host, startedAt, tasksHeld }) =>
      toNewEvent({ name: 'worker.lost', occurredAt, payload: { worker, pid, host, startedAt, tasksHeld } }, random),
    );
  };
  return {
    info,
    /** `anew`: nobody has missed it, and it is no start. */
    started(lost: readonly LostWorker[], anew: boolean): NewEvent[] {
      if (anew) return losses(lost);
      const start = {
        name: 'worker.started',
        occurredAt: clock.now(),
        payload: { ...who, nodeVersion: process.versions.node },
      } as const;
      return [...losses(lost), toNewEvent(start, random)];
    },
    losses,
    stopped(counts: { readonly returnedAttempts: number; readonly abandonedHandlers: number }): NewEvent[] {
      const uptimeMs = Math.round(clock.monotonicMs() - startedMs);
      return [
        toNewEvent(
          { name: 'worker.stopped', occurredAt: clock.now(), payload: { ...who, uptimeMs, ...counts } },
          random,
        ),
      ];
    },
    unresponsive(block: Block): NewEvent[] {
      return [
        toNewEvent({ name: 'worker.unresponsive', occurredAt: clock.now(), payload: { ...who, ...block } }, random),
      ];
    },
  };
}
