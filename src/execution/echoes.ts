import { isDone, type Status } from '../tasks/states.ts';
import type { FactOf, TaskFact } from '../tasks/task-fact.ts';
import type { TaskPlan } from '../tasks/task-plan.ts';
import type { TaskState } from '../tasks/task-state.ts';
import type { Tell } from './live-events.ts';

/** The states on both sides of a fact. */
export interface Sides {
  readonly before: TaskState | null;
  readonly after: TaskState;
}

/** What is told ahead of a fact. */
export function tellAhead(tell: Tell, fact: TaskFact, sides: () => Sides): void {
  if (isFinalization(fact)) {
    tell('workflow.task_finalization_started', () => {
      const { steps } = sides().after;
      return { doneSteps: steps.filter((step) => isDone(step.status)).length, steps: steps.length };
    });
  }
  tellTransition(tell, fact, sides);
}

function tellTransition(tell: Tell, fact: TaskFact, sides: () => Sides): void {
  // Asked first whether it is a transition: that takes both states, which nobody may want.
  const isStep = fact.step !== undefined;
  if (!movesState.has(fact.name)) return;
  const { before, after } = sides();
  const from = statusOf(before, fact.step);
  const to = statusOf(after, fact.step);
  if (from === null || to === null || from === to) return;
  tell(isStep ? 'step.before_transition' : 'task.before_transition', () => ({ from, to, fact: fact.name }));
}

const movesState: ReadonlySet<string> = new Set([
  'task.start_requested',
  'task.completed',
  'task.failed',
  'task.retry_requested',
  'task.cancelled',
  'task.resolved_manually',
  'step.execution_requested',
  'step.completed',
  'step.failed',
  'step.retry_requested',
  'step.cancelled',
  'step.resolved_manually',
]);

function statusOf(state: TaskState | null, step: string | undefined): Status | null {
  if (state === null) return null;
  if (step === undefined) return state.status;
  return state.steps.find((candidate) => candidate.name === step)?.status ?? null;
}

/** What is told after a fact: the same in Tasker's other names. */
export function tellEchoes(tell: Tell, plan: TaskPlan, fact: TaskFact, sides: () => Sides): void {
  switch (fact.name) {
    case 'task.initialize_requested':
      for (const { template } of plan.steps) {
        const { dependsOn, dependentSystem, retryable, retryLimit, skippable } = template;
        tell(
          'step.initialize_requested',
          () => ({ dependsOn: [...dependsOn], dependentSystem, retryable, retryLimit, skippable }),
          template.name,
        );
      }
      break;
    case 'task.start_requested':
      tell('workflow.task_started', () => ({ waitedMs: fact.payload.waitedMs }));
      break;
    case 'task.completed': {
      const { durationMs, steps, attempts } = fact.payload;
      tell('workflow.task_completed', () => ({ durationMs, steps, attempts }));
      break;
    }
    case 'task.failed': {
      const { durationMs, failedSteps, blockedSteps } = fact.payload;
      tell('workflow.task_failed', () => ({
        durationMs,
        failedSteps: failedSteps.map(({ step }) => step),
        blockedSteps: [...blockedSteps],
      }));
      break;
    }
    case 'step.completed':
      tellHandled(tell, 'completed', fact.payload.durationMs);
      tell('workflow.step_completed', () => ({
        durationMs: fact.payload.durationMs,
        remainingSteps: remaining(sides().after),
      }));
      break;
    case 'step.failed':
      tellFailure(tell, fact, sides);
      break;
    case 'step.retry_requested': {
      const { reason, delayMs, notBefore } = fact.payload;
      if (reason === 'backoff' || reason === 'retry_after')
        tell('observability.step.backoff', () => ({ reason, delayMs, notBefore }));
      break;
    }
    case 'step.resolved_manually': {
      const { reason } = fact.payload;
      if (reason !== 'resolved') tell('observability.step.skip', () => ({ reason }));
      break;
    }
    default:
  }
  if (isFinalization(fact)) tellFinalization(tell, fact, sides);
}

/** Why, after this fact, a pass is wanted; null when it changes nothing for any step. */
export function passReason(fact: TaskFact, after: () => TaskState): 'created' | 'step_ended' | 'operator' | null {
  switch (fact.name) {
    case 'task.initialize_requested':
      return 'created';
    case 'step.completed':
    case 'step.failed':
      return 'step_ended';
    case 'task.retry_requested':
      return 'operator';
    case 'step.resolved_manually':
      // Of a task in error it is the task's own retry that asks, and the bypassed ones belong to the start.
      return fact.payload.reason !== 'bypassed' && after().status !== 'error' ? 'operator' : null;
    case 'step.retry_requested':
      return fact.payload.reason === 'operator' && after().status !== 'error' ? 'operator' : null;
    default:
      return null;
  }
}

function tellFailure(tell: Tell, fact: FactOf<'step.failed'>, sides: () => Sides): void {
  const { durationMs, cause, final, error, failures, losses, retryLimit } = fact.payload;
  // How long a lost attempt ran was measured by nobody; what a stopping engine gave back was cut short.
  if (durationMs !== null && cause !== 'worker_lost') tellHandled(tell, 'failed', durationMs);
  tell('workflow.step_failed', () => ({ cause, final, error: { ...error }, remainingSteps: remaining(sides().after) }));
  if (final === 'exhausted') tell('observability.step.max_retries_reached', () => ({ failures, losses, retryLimit }));
}

function tellHandled(tell: Tell, outcome: 'completed' | 'failed', durationMs: number): void {
  tell('observability.step.handle', () => ({ durationMs, outcome }));
}

type Finalization = FactOf<'task.completed'> | FactOf<'task.failed'> | FactOf<'workflow.task_state_unclear'>;

function isFinalization(fact: TaskFact): fact is Finalization {
  return fact.name === 'task.completed' || fact.name === 'task.failed' || fact.name === 'workflow.task_state_unclear';
}

function tellFinalization(tell: Tell, fact: Finalization, sides: () => Sides): void {
  tell('workflow.task_finalization_completed', () => {
    const { status, parked } = sides().after;
    return { status, parked: parked !== null };
  });
  if (fact.name === 'workflow.task_state_unclear') return;
  const { durationMs } = fact.payload;
  tell('observability.task.finalize', () => ({ status: sides().after.status, durationMs }));
}

function remaining(state: TaskState): string[] {
  return state.steps.filter((step) => !isDone(step.status)).map((step) => step.name);
}
