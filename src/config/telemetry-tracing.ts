import { z } from 'zod';

export interface TracingInput {
  /**
   * Whether tasks are traced. Default: they are if there is a sink that takes spans. False also leaves handlers in the
   * trace context that their task was requested with.
   */
  readonly enabled?: boolean;
  /**
   * `continuous`: a task is one trace. `linked`: each attempt is a trace of its own, linked to the task's; for tasks
   * that take days or try hundreds of times, whose trace no tool would show. Default `continuous`. A task keeps the mode
   * that it was created in.
   */
  readonly mode?: 'continuous' | 'linked';
  /**
   * Which part of the tasks is exported, 0 to 1, decided once for each task by its trace id; what the caller decided
   * for its own trace is not asked. A task that is not, but fails, stalls or is late, is exported from then on, and all
   * of it from before. Default 1.
   */
  readonly sampleRatio?: number;
  /** How long spans are offered to a sink that cannot take them before they are dropped, milliseconds. Default 900,000. */
  readonly giveUpAfterMs?: number;
}

export const tracingSchema = z.strictObject({
  enabled: z.boolean().optional(),
  mode: z.enum(['continuous', 'linked']).default('continuous'),
  sampleRatio: z.number().min(0).max(1).default(1),
  giveUpAfterMs: z.number().min(1).max(86_400_000).default(900_000),
});

export interface ResolvedTracing {
  /** Null: whether there is a sink that takes spans decides. */
  readonly enabled: boolean | null;
  readonly mode: 'continuous' | 'linked';
  readonly sampleRatio: number;
  readonly giveUpAfterMs: number;
}

export function resolveTracing({ enabled, ...rest }: z.infer<typeof tracingSchema>): ResolvedTracing {
  return { enabled: enabled ?? null, ...rest };
}
