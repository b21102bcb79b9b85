import { z } from 'zod';

import { defineEvent } from './define-event.ts';
import {
  durationMs,
  failureCause,
  failureFinality,
  jsonFields,
  operator,
  publicErrorFields,
  stepStatus,
  timestampMs,
} from './payload-parts.ts';

export const stepEvents = [
  defineEvent({
    name: 'step.execution_requested',
    meaning: 'An attempt begins: pending → in_progress. Its handler is called only after this is on disk.',
    kind: 'recorded',
    schemaVersion: 1,
    payload: z.strictObject({ readySince: timestampMs, waitedMs: durationMs, dependentSystem: z.string() }),
    example: { readySince: 1_790_000_000_100, waitedMs: 3, dependentSystem: 'payments' },
  }),
  defineEvent({
    name: 'step.completed',
    meaning: 'The attempt succeeded: in_progress → complete.',
    kind: 'recorded',
    schemaVersion: 1,
    payload: z.strictObject({
      durationMs,
      results: jsonFields,
      /** Fields that the template names but that were too large to leave the step. */
      omittedResults: z.array(z.string()).optional(),
    }),
    example: { durationMs: 120.4, results: { amount: 12_997, currency: 'USD' } },
  }),
  defineEvent({
    name: 'step.failed',
    meaning: 'The attempt failed; `final` says whether the step did.',
    kind: 'recorded',
    schemaVersion: 1,
    payload: z.strictObject({
      /** null when the worker was lost: nobody measured it. */
      durationMs: durationMs.nullable(),
      cause: failureCause,
      final: failureFinality,
      error: publicErrorFields,
      failures: z.number().int(),
      losses: z.number().int(),
      retryLimit: z.number().int(),
    }),
    example: {
      durationMs: 5_000,
      cause: 'timeout',
      final: 'no',
      error: { type: 'TimeoutError' },
      failures: 1,
      losses: 0,
      retryLimit: 3,
    },
  }),
  defineEvent({
    name: 'step.retry_requested',
    meaning: 'The step is to be tried again, not before the time given: → pending.',
    kind: 'recorded',
    schemaVersion: 1,
    payload: z.strictObject({
      from: z.enum(['error', 'in_progress']),
      reason: z.enum(['backoff', 'retry_after', 'worker_lost', 'worker_stopped', 'operator']),
      delayMs: durationMs,
      notBefore: timestampMs,
      by: z.string().optional(),
      why: z.string().optional(),
    }),
    example: { from: 'error', reason: 'backoff', delayMs: 2_050, notBefore: 1_790_000_007_150 },
  }),
  defineEvent({
    name: 'step.cancelled',
    meaning: 'The step was called off with its task: → cancelled.',
    kind: 'recorded',
    schemaVersion: 1,
    payload: z.strictObject({ ...operator, from: stepStatus, durationMs: durationMs.nullable() }),
    example: { by: 'ada', why: 'customer withdrew', from: 'pending', durationMs: null },
  }),
  defineEvent({
    name: 'step.resolved_manually',
    meaning:
      'The step counts as done without having run to its end: resolved by an operator, skipped, or bypassed by the request.',
    kind: 'recorded',
    schemaVersion: 1,
    payload: z.strictObject({
      ...operator,
      from: stepStatus,
      reason: z.enum(['resolved', 'skipped', 'bypassed']),
      results: jsonFields,
      omittedResults: z.array(z.string()).optional(),
    }),
    example: {
      by: 'ada',
      why: 'paid by bank transfer',
      from: 'error',
      reason: 'resolved',
      results: { amount: 12_997 },
    },
  }),
  defineEvent({
    name: 'step.sla_breached',
    meaning: "The step's own deadline passed while it was open.",
    kind: 'recorded',
    schemaVersion: 1,
    payload: z.strictObject({
      slaMs: durationMs,
      deadlineAt: timestampMs,
      readySince: timestampMs,
      elapsedMs: durationMs,
      status: stepStatus,
    }),
    example: {
      slaMs: 10_000,
      deadlineAt: 1_790_000_010_100,
      readySince: 1_790_000_000_100,
      elapsedMs: 10_001,
      status: 'in_progress',
    },
  }),
  defineEvent({
    name: 'step.stalled',
    meaning: 'A running attempt gave no sign of life for longer than its stall limit.',
    kind: 'recorded',
    schemaVersion: 1,
    payload: z.strictObject({
      stallMs: durationMs,
      runningMs: durationMs,
      silentMs: durationMs,
      heartbeats: z.number().int(),
    }),
    example: { stallMs: 5_000, runningMs: 5_000, silentMs: 5_000, heartbeats: 0 },
  }),
] as const;
