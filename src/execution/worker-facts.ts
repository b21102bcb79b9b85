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
  return {
    info,
    started(lost: readonly LostWorker[]): NewEvent[] {
      const occurredAt = clock.now();
      const losses = lost.map((worker) =>
        toNewEvent(
          {
            name: 'worker.lost',
            occurredAt,
            payload: {
              worker: worker.id,
              pid: worker.pid,
              host: worker.host,
              startedAt: worker.startedAt,
              tasksHeld: worker.tasksHeld,
            },
          },
          random,
        ),
      );
      const start = {
        name: 'worker.started',
        occurredAt,
        payload: { ...who, nodeVersion: process.versions.node },
      } as const;
      return [...losses, toNewEvent(start, random)];
    },
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
