import type { JsonObject } from '../shared/json.ts';
import { startTask } from './decide-task.ts';
import { countedFrom } from './readiness.ts';
import { isDone } from './states.ts';
import type { Refusal, TaskDraft } from './task-draft.ts';
import { plannedStep } from './task-plan.ts';
import type { StepState } from './task-state.ts';

/** Who asks, and why: kept with the events. */
export interface Operator {
  readonly by: string;
  readonly why: string;
}

export type OperatorCommand =
  | ({ readonly kind: 'cancel' } & Operator)
  | ({
      readonly kind: 'retry';
      readonly step?: string | undefined;
      /** The services that the step calls are to do its work again. Of one step alone. */
      readonly newIdempotencyKey?: boolean;
    } & Operator)
  | ({
      readonly kind: 'resolve';
      readonly step?: string | undefined;
      /** The allow-listed fields alone. */
      readonly results: JsonObject;
      readonly omittedResults: readonly string[];
    } & Operator)
  | ({ readonly kind: 'skip'; readonly step: string } & Operator);

/** Carries a command out, or says why it cannot be: then nothing was recorded. */
export function operate(draft: TaskDraft, command: OperatorCommand): Refusal | null {
  if (draft.state.parked !== null && command.kind !== 'cancel') {
    return refuse(`the task is parked (${draft.state.parked}); it can only be cancelled`);
  }
  switch (command.kind) {
    case 'cancel':
      return cancel(draft, command);
    case 'retry':
      return command.step === undefined
        ? retryTask(draft, command)
        : retryStep(draft, command, command.step, command.newIdempotencyKey === true);
    case 'resolve':
      return command.step === undefined ? resolveTask(draft, command) : settleStep(draft, command, command.step);
    case 'skip':
      return settleStep(draft, command, command.step);
  }
}

function cancel(draft: TaskDraft, { by, why }: Operator): Refusal | null {
  const { state, now } = draft;
  if (state.status === 'complete' || state.status === 'cancelled') {
    return refuse(`the task is ${state.status}; that is final`);
  }
  for (const step of state.steps) {
    if (isDone(step.status) || step.status === 'cancelled') continue;
    const running = step.status === 'in_progress' && step.startedAt !== null;
    draft.record({
      name: 'step.cancelled',
      at: now,
      step: step.name,
      attempt: step.attempts,
      spanId: step.spanId,
      payload: { by, why, from: step.status, durationMs: running ? Math.max(0, now - (step.startedAt ?? now)) : null },
    });
  }
  draft.record({
    name: 'task.cancelled',
    at: now,
    payload: { by, why, from: state.status, durationMs: Math.max(0, now - countedFrom(state)) },
  });
  return null;
}

function resolveTask(draft: TaskDraft, { by, why }: Operator): Refusal | null {
  const { state, now } = draft;
  if (state.status !== 'error') return refuse(`the task is ${state.status}; only a task in error can be resolved`);
  draft.record({
    name: 'task.resolved_manually',
    at: now,
    payload: { by, why, durationMs: Math.max(0, now - countedFrom(state)) },
  });
  return null;
}

function retryTask(draft: TaskDraft, operator: Operator): Refusal | null {
  if (draft.state.status !== 'error') {
    return refuse(`the task is ${draft.state.status}; only a task in error can be retried`);
  }
  for (const step of draft.state.steps) if (step.status === 'error') retry(draft, step, operator);
  resume(draft, operator, 'retry');
  return null;
}

function retryStep(draft: TaskDraft, operator: Operator, name: string, newKey: boolean): Refusal | null {
  const step = findStep(draft, name);
  if (step === undefined) return unknownStep(draft, name);
  const closed = refuseUnlessOpen(draft);
  if (closed) return closed;
  if (step.status !== 'error') return refuse(`step '${name}' is ${step.status}; only a step in error can be retried`);
  retry(draft, step, operator, newKey ? { keyGeneration: step.keyGeneration + 1 } : {});
  resume(draft, operator, 'retry_step');
  return null;
}

function settleStep(
  draft: TaskDraft,
  command: Extract<OperatorCommand, { kind: 'resolve' | 'skip' }>,
  name: string,
): Refusal | null {
  const step = findStep(draft, name);
  if (step === undefined) return unknownStep(draft, name);
  const closed = refuseUnlessOpen(draft);
  if (closed) return closed;
  const verb = command.kind === 'skip' ? 'skipped' : 'resolved';
  if (step.status !== 'error' && step.status !== 'pending') {
    return refuse(`step '${name}' is ${step.status}; only a step that is pending or in error can be ${verb}`);
  }
  if (command.kind === 'skip' && plannedStep(draft.plan, name)?.template.skippable !== true) {
    return refuse(`step '${name}' is not skippable; its template says so, resolve it instead`);
  }
  draft.record({
    name: 'step.resolved_manually',
    at: draft.now,
    step: name,
    attempt: step.attempts,
    spanId: step.spanId,
    payload: {
      by: command.by,
      why: command.why,
      from: step.status,
      reason: verb,
      results: command.kind === 'resolve' ? command.results : {},
      ...(command.kind === 'resolve' &&
        command.omittedResults.length > 0 && { omittedResults: [...command.omittedResults] }),
    },
  });
  resume(draft, command, command.kind === 'skip' ? 'skip_step' : 'resolve_step');
  return null;
}

function retry(
  draft: TaskDraft,
  step: StepState,
  { by, why }: Operator,
  key: { readonly keyGeneration?: number } = {},
): void {
  draft.record({
    name: 'step.retry_requested',
    at: draft.now,
    step: step.name,
    attempt: step.attempts,
    spanId: step.spanId,
    payload: { from: 'error', reason: 'operator', delayMs: 0, notBefore: draft.now, by, why, ...key },
  });
}

type ResumeAction = 'retry' | 'retry_step' | 'resolve_step' | 'skip_step';

/** A task in error goes on: error → pending → in_progress. One that is open already just does. */
function resume(draft: TaskDraft, { by, why }: Operator, action: ResumeAction): void {
  if (draft.state.status !== 'error') return;
  draft.record({ name: 'task.retry_requested', at: draft.now, payload: { by, why, action } });
  startTask(draft, { steps: [], by, why });
}

function refuseUnlessOpen(draft: TaskDraft): Refusal | null {
  const { status } = draft.state;
  return status === 'pending' || status === 'in_progress' || status === 'error'
    ? null
    : refuse(`the task is ${status}; its steps can no longer be changed`);
}

function findStep(draft: TaskDraft, name: string): StepState | undefined {
  return draft.state.steps.find((step) => step.name === name);
}

export function unknownStep(draft: TaskDraft, name: string): Refusal {
  const known = draft.state.steps.map((step) => step.name).join(', ');
  return { code: 'TASKER_STEP_NOT_FOUND', message: `the task has no step '${name}'; its steps are ${known}` };
}

function refuse(message: string): Refusal {
  return { code: 'TASKER_TRANSITION_REFUSED', message };
}
