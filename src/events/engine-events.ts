import { z } from 'zod';

import { defineEvent } from './define-event.ts';
import { durationMs, timestampMs } from './payload-parts.ts';

const worker = { worker: z.string(), pid: z.number().int(), host: z.string() };

export const engineEvents = [
  defineEvent({
    name: 'workflow.task_state_unclear',
    meaning: 'A stored task is in a state that no rule explains; it is parked, never guessed at.',
    kind: 'recorded',
    schemaVersion: 1,
    payload: z.strictObject({ found: z.string(), expected: z.string() }),
    example: { found: "step 'process_payment' is in_progress with 0 attempts", expected: 'at least one attempt' },
  }),
  defineEvent({
    name: 'worker.started',
    meaning: 'A process joined and takes tasks.',
    kind: 'recorded',
    schemaVersion: 1,
    payload: z.strictObject({ ...worker, nodeVersion: z.string() }),
    example: { worker: '0199…', pid: 4_211, host: 'shop-1', nodeVersion: '24.21.0' },
  }),
  defineEvent({
    name: 'worker.stopped',
    meaning: 'A process left cleanly; what it was running has been returned.',
    kind: 'recorded',
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
    schemaVersion: 1,
    payload: z.strictObject({ ...worker, startedAt: timestampMs, tasksHeld: z.number().int() }),
    example: { worker: '0198…', pid: 4_090, host: 'shop-1', startedAt: 1_790_000_000_000, tasksHeld: 12 },
  }),
] as const;
