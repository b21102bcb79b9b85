import { z } from 'zod';

import { TaskerError } from '../shared/errors.ts';
import type { JsonObject } from '../shared/json.ts';
import { operate } from '../tasks/decide-operator.ts';
import { plannedStep } from '../tasks/task-plan.ts';
import { pickResults } from './attempt-outcome.ts';
import { type StepResults, toStepResults } from './step-results.ts';
import type { TaskRun } from './task-run.ts';
import type { Input } from './turn.ts';

/** What an operator asks of a task, from this process or, as a command row, from another. */
export interface OperatorRequest {
  readonly kind: 'cancel' | 'retry' | 'resolve' | 'skip';
  readonly by: string;
  readonly why: string;
  readonly step?: string | undefined;
  /** Only of a retry of one step. */
  readonly newIdempotencyKey?: boolean | undefined;
  readonly results?: JsonObject | undefined;
}

/** With the results as they will be stored. */
export type CheckedRequest = Omit<OperatorRequest, 'results'> & { readonly results: StepResults | null };

const wordsSchema = z.object({
  by: z.string().max(128),
  why: z.string().max(2000),
  step: z.string().max(128).optional(),
  newIdempotencyKey: z.boolean().optional(),
});

/** @throws TaskerError `TASKER_REQUEST_INVALID` or `TASKER_STEP_RESULTS_INVALID`. */
export function checkRequest(request: OperatorRequest, maxResultBytes: number): CheckedRequest {
  const words = wordsSchema.safeParse(request);
  if (!words.success) {
    const problems = words.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new TaskerError(
      'TASKER_REQUEST_INVALID',
      `The ${request.kind} request is not valid: ${problems.join('; ')}.`,
    );
  }
  if (request.newIdempotencyKey === true && (request.kind !== 'retry' || request.step === undefined)) {
    throw new TaskerError(
      'TASKER_REQUEST_INVALID',
      `The ${request.kind} request is not valid: a new idempotency key makes a service do its work again, so it is given to one step at a time; name the step to retry.`,
    );
  }
  return { ...request, results: request.results === undefined ? null : toStepResults(request.results, maxResultBytes) };
}

interface Answer {
  readonly done: () => void;
  readonly dropped: () => void;
  readonly reject: (error: unknown) => void;
}

export function operatorInput(
  run: TaskRun,
  request: CheckedRequest,
  commandId: string | undefined,
  answer: Answer,
): Input {
  return {
    decide(turn) {
      turn.causedBy(commandId ?? null);
      const refusal = operate(turn.draft, toCommand(run, request));
      if (refusal !== null) {
        turn.afterwards.push(() =>
          answer.reject(new TaskerError(refusal.code, `Task '${run.id}': ${refusal.message}.`)),
        );
        return;
      }
      if (commandId !== undefined) turn.commands.push(commandId);
      if (request.step !== undefined && request.results !== null) {
        turn.results.set(request.step, request.results);
      }
      turn.afterwards.push(answer.done);
    },
    dropped: answer.dropped,
    failed: answer.reject,
  };
}

function toCommand(run: TaskRun, { kind, by, why, step, results, newIdempotencyKey = false }: CheckedRequest) {
  switch (kind) {
    case 'cancel':
      return { kind, by, why } as const;
    case 'retry':
      return { kind, by, why, step, newIdempotencyKey } as const;
    case 'skip':
      return { kind, by, why, step: step ?? '' } as const;
    case 'resolve': {
      const allowed = step === undefined ? [] : (plannedStep(run.task.type.plan, step)?.template.results ?? []);
      return { kind, by, why, step, ...pickResults(results?.results ?? {}, allowed) } as const;
    }
  }
}
