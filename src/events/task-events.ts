import { z } from 'zod';

import { defineEvent } from './define-event.ts';
import {
  durationMs,
  failureCause,
  failureFinality,
  operator,
  publicErrorFields,
  stepStatus,
  timestampMs,
} from './payload-parts.ts';

export const taskEvents = [
  defineEvent({
    name: 'task.initialize_requested',
    meaning: 'A task was created; it is pending.',
    kind: 'recorded',
    schemaVersion: 1,
    payload: z.strictObject({
      templateId: z.string(),
      steps: z.array(z.string()),
      initiator: z.string(),
      sourceSystem: z.string(),
      reason: z.string(),
      slaDeadlineAt: timestampMs.nullable(),
    }),
    example: {
      templateId: '9f2c…',
      steps: ['validate_cart', 'process_payment'],
      initiator: 'web',
      sourceSystem: 'storefront',
      reason: 'customer checked out',
      slaDeadlineAt: 1_790_000_045_000,
    },
  }),
  defineEvent({
    name: 'task.start_requested',
    meaning: 'Work on the task begins: pending → in_progress.',
    kind: 'recorded',
    schemaVersion: 1,
    payload: z.strictObject({ waitedMs: durationMs }),
    example: { waitedMs: 0.4 },
  }),
  defineEvent({
    name: 'task.completed',
    meaning: 'All steps are done: in_progress → complete.',
    kind: 'recorded',
    schemaVersion: 1,
    payload: z.strictObject({
      durationMs,
      steps: z.number().int(),
      attempts: z.number().int(),
      resolvedSteps: z.array(z.string()),
    }),
    example: { durationMs: 812.5, steps: 5, attempts: 6, resolvedSteps: [] },
  }),
  defineEvent({
    name: 'task.failed',
    meaning: 'A step failed for good and nothing else of the task can go on: → error.',
    kind: 'recorded',
    schemaVersion: 1,
    payload: z.strictObject({
      durationMs,
      steps: z.number().int(),
      completedSteps: z.number().int(),
      attempts: z.number().int(),
      failedSteps: z.array(
        z.strictObject({
          step: z.string(),
          attempt: z.number().int(),
          cause: failureCause,
          final: failureFinality,
          error: publicErrorFields,
        }),
      ),
      blockedSteps: z.array(z.string()),
    }),
    example: {
      durationMs: 4_210,
      steps: 5,
      completedSteps: 1,
      attempts: 4,
      failedSteps: [
        {
          step: 'process_payment',
          attempt: 3,
          cause: 'error',
          final: 'exhausted',
          error: { type: 'RetryableError', status: 503 },
        },
      ],
      blockedSteps: ['update_inventory', 'create_order', 'send_confirmation'],
    },
  }),
  defineEvent({
    name: 'task.retry_requested',
    meaning: 'A failed task is taken up again: error → pending.',
    kind: 'recorded',
    schemaVersion: 1,
    payload: z.strictObject({ ...operator, action: z.enum(['retry', 'retry_step', 'resolve_step', 'skip_step']) }),
    example: { by: 'ada', why: 'payment service is back', action: 'retry' },
  }),
  defineEvent({
    name: 'task.cancelled',
    meaning: 'The task was called off, its open steps with it: → cancelled.',
    kind: 'recorded',
    schemaVersion: 1,
    payload: z.strictObject({ ...operator, from: stepStatus, durationMs }),
    example: { by: 'ada', why: 'customer withdrew', from: 'in_progress', durationMs: 1_200 },
  }),
  defineEvent({
    name: 'task.resolved_manually',
    meaning: 'An operator settled a failed task outside the system: error → resolved_manually.',
    kind: 'recorded',
    schemaVersion: 1,
    payload: z.strictObject({ ...operator, durationMs }),
    example: { by: 'ada', why: 'order created by hand', durationMs: 86_400_000 },
  }),
  defineEvent({
    name: 'task.sla_breached',
    meaning: "The task's deadline passed while it was open.",
    kind: 'recorded',
    schemaVersion: 1,
    payload: z.strictObject({
      slaMs: durationMs,
      deadlineAt: timestampMs,
      elapsedMs: durationMs,
      openSteps: z.array(
        z.strictObject({
          step: z.string(),
          status: stepStatus,
          attempt: z.number().int(),
          since: timestampMs.nullable(),
        }),
      ),
    }),
    example: {
      slaMs: 45_000,
      deadlineAt: 1_790_000_045_000,
      elapsedMs: 45_003,
      openSteps: [{ step: 'process_payment', status: 'in_progress', attempt: 1, since: 1_790_000_000_120 }],
    },
  }),
] as const;
