import { z } from 'zod';

import { defineEvent } from './define-event.ts';
import { durationMs, timestampMs } from './payload-parts.ts';

const worker = { worker: z.string(), pid: z.number().int(), host: z.string() };

export const workerEvents = [
  defineEvent({
    name: 'worker.started',
    meaning: 'A process joined and takes tasks.',
    kind: 'recorded',
    severity: 'info',
    firedBy: 'The engine, when it joins its store.',
    schemaVersion: 1,
    payload: z.strictObject({ ...worker, nodeVersion: z.string() }),
    example: { worker: '0199…', pid: 4_211, host: 'shop-1', nodeVersion: '24.21.0' },
  }),
  defineEvent({
    name: 'worker.stopped',
    meaning: 'A process left cleanly; what it was running has been returned.',
    kind: 'recorded',
    severity: 'info',
    firedBy: 'The engine, as its last act on its store.',
    schemaVersion: 1,
    payload: z.strictObject({
      ...worker,
      uptimeMs: durationMs,
      returnedAttempts: z.number().int(),
      abandonedHandlers: z.number().int(),
    }),
    example: {
      worker: '0199…',
      pid: 4_211,
      host: 'shop-1',
      uptimeMs: 3_600_000,
      returnedAttempts: 0,
      abandonedHandlers: 0,
    },
  }),
  defineEvent({
    name: 'worker.lost',
    meaning: 'A process ended without saying so; its attempts are recovered as their tasks are taken up.',
    kind: 'recorded',
    severity: 'error',
    firedBy: 'The next engine, when it joins the store and finds who has not left.',
    schemaVersion: 1,
    payload: z.strictObject({ ...worker, startedAt: timestampMs, tasksHeld: z.number().int() }),
    example: { worker: '0198…', pid: 4_090, host: 'shop-1', startedAt: 1_790_000_000_000, tasksHeld: 12 },
  }),
  defineEvent({
    name: 'worker.unresponsive',
    meaning: "A process's event loop was blocked beyond its limit: meanwhile none of its tasks advanced.",
    kind: 'recorded',
    severity: 'error',
    firedBy:
      'The engine, as soon as its loop is back, when its watchdog thread has seen it stand still. While it stands still, the thread says so on standard error.',
    schemaVersion: 1,
    payload: z.strictObject({
      ...worker,
      /** From the last sign of life to the next. */
      blockedMs: durationMs,
      limitMs: durationMs,
      /** The handler called last; `calling`: it had not returned when the block was seen, so it is the one. */
      handler: z
        .strictObject({
          taskName: z.string(),
          task: z.string(),
          step: z.string(),
          attempt: z.number().int(),
          calling: z.boolean(),
        })
        .nullable(),
    }),
    example: {
      worker: '0199…',
      pid: 4_211,
      host: 'shop-1',
      blockedMs: 4_100,
      limitMs: 1_000,
      handler: { taskName: 'shop.checkout', task: '0199…', step: 'price_cart', attempt: 1, calling: true },
    },
  }),
] as const;
