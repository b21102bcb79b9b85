import { z } from 'zod';

import { TaskerError } from '../shared/errors.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import { operate, unknownStep } from '../tasks/decide-operator.ts';
import type { Refusal } from '../tasks/task-draft.ts';
import { plannedStep } from '../tasks/task-plan.ts';
import { checkAnnotation, type CheckedAnnotation, maxAnnotations, noRoom } from './annotation.ts';
import { pickResults } from './attempt-outcome.ts';
import { type StepResults, toStepResults } from './step-results.ts';
import type { TaskRun } from './task-run.ts';
import type { Input, Turn } from './turn.ts';

export const taskCommandKinds = ['cancel', 'retry', 'resolve', 'skip', 'annotate'] as const;
export type TaskCommandKind = (typeof taskCommandKinds)[number];

/** What an operator asks of a task, from this process or, as a command row, from another. */
export interface OperatorRequest {
  readonly kind: TaskCommandKind;
  readonly by: string;
  readonly why: string;
  readonly step?: string | undefined;
  /** Only of a retry of one step. */
  readonly newIdempotencyKey?: boolean | undefined;
  readonly results?: JsonObject | undefined;
  /** Only of `annotate`, which needs it. */
  readonly annotation?: { readonly key: string; readonly value: JsonValue } | undefined;
}

/** With the results and the annotation as they will be stored. */
export type CheckedRequest = Omit<OperatorRequest, 'results' | 'annotation'> &
  (
    | {
        readonly kind: Exclude<TaskCommandKind, 'annotate'>;
        readonly results: StepResults | null;
        readonly annotation: null;
      }
    | { readonly kind: 'annotate'; readonly results: null; readonly annotation: CheckedAnnotation }
  );

const wordsSchema = z.object({
  by: z.string().max(128),
  why: z.string().max(2000),
  step: z.string().max(128).optional(),
  newIdempotencyKey: z.boolean().optional(),
});

/** @throws TaskerError `TASKER_REQUEST_INVALID`, `TASKER_STEP_RESULTS_INVALID` or `TASKER_ANNOTATION_INVALID`. */
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
  if (request.kind === 'resolve' && request.results !== undefined && request.step === undefined) {
    throw new TaskerError(
      'TASKER_REQUEST_INVALID',
      'The resolve request is not valid: results are those of a step; name it.',
    );
  }
  const { kind, results, annotation } = request;
  if (kind === 'annotate') {
    return { ...request, kind, results: null, annotation: checkAnnotation(annotation?.key, annotation?.value) };
  }
  return {
    ...request,
    kind,
    results: results === undefined ? null : toStepResults(results, maxResultBytes),
    annotation: null,
  };
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
      const refusal = request.kind === 'annotate' ? annotate(run, turn, request) : act(run, turn, request, commandId);
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

type Action = Exclude<CheckedRequest, { readonly kind: 'annotate' }>;

function act(run: TaskRun, turn: Turn, request: Action, commandId: string | undefined): Refusal | null {
  turn.causedBy(commandId ?? null);
  return operate(turn.draft, toCommand(run, request));
}

/** Changes no state, whatever state the task is in; so nothing is caused by it. */
function annotate(run: TaskRun, turn: Turn, { by, step, annotation }: Exclude<CheckedRequest, Action>): Refusal | null {
  const { draft, annotations } = turn;
  if (step !== undefined && !draft.state.steps.some(({ name }) => name === step)) return unknownStep(draft, step);
  if (run.annotationCount + annotations.length >= maxAnnotations) {
    return { code: 'TASKER_ANNOTATION_REFUSED', message: noRoom };
  }
  annotations.push({ ...annotation, at: draft.now, by, step: step ?? null, attempt: null });
  return null;
}

function toCommand(run: TaskRun, { kind, by, why, step, results, newIdempotencyKey = false }: Action) {
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
