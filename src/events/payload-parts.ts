import { z } from 'zod';

/** Milliseconds since the Unix epoch. */
export const timestampMs = z.number().int().nonnegative();
export const durationMs = z.number().nonnegative();
export const jsonFields = z.record(z.string(), z.json());

/** Who asked, and why: as the operator wrote it. */
export const operator = { by: z.string(), why: z.string() };

/**
 * What may be told of an error: never its message, unless the handler threw a `PublicError`, because messages
 * carry whatever the failing library put there.
 */
export const publicErrorFields = z.strictObject({
  type: z.string(),
  code: z.string().optional(),
  status: z.number().int().optional(),
  message: z.string().optional(),
});
export type PublicErrorFields = z.infer<typeof publicErrorFields>;

export const failureCause = z.enum(['error', 'timeout', 'worker_lost']);
export type FailureCause = z.infer<typeof failureCause>;

/** Why no further attempt follows; `no` says that one does. */
export const failureFinality = z.enum(['no', 'permanent', 'exhausted', 'outcome_unknown']);
export type FailureFinality = z.infer<typeof failureFinality>;

export const stepStatus = z.enum(['pending', 'in_progress', 'complete', 'error', 'cancelled', 'resolved_manually']);
