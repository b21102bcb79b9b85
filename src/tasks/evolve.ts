import type { PayloadOf } from '../events/catalog.ts';
import { TaskerError } from '../shared/errors.ts';
import { isDone, type Status, stepTransitions, taskTransitions } from './states.ts';
import { isCustomFact, type TaskFact } from './task-fact.ts';
import type { TaskPlan } from './task-plan.ts';
import type { StepState, TaskState } from './task-state.ts';

/**
 * The state that follows from a state and a fact. Pure; a fact that the transition tables do not allow is a broken
 * promise and throws. `null` is the state before a task's first fact.
 */
export function evolve(plan: TaskPlan, state: TaskState | null, fact: TaskFact): TaskState {
  if (state === null) {
    if (fact.name !== 'task.initialize_requested') throw illegal(`'${fact.name}' comes before the task was created`);
    return initialState(plan, fact.at, fact.payload);
  }
  if (isCustomFact(fact)) return state;
  return fact.step === undefined ? evolveTask(state, fact) : evolveStep(plan, state, fact, fact.step);
}

function initialState(
  plan: TaskPlan,
  at: number,
  { slaDeadlineAt, startAt }: PayloadOf<'task.initialize_requested'>,
): TaskState {
  const readyAt = startAt ?? at;
  return {
    status: 'pending',
    createdAt: at,
    startAt: startAt ?? null,
    startedAt: null,
    endedAt: null,
    firstEndedAt: null,
    slaDeadlineAt,
    slaBreachedAt: null,
    parked: null,
    steps: plan.steps.map(({ template, dependencies }) => {
      const ready = dependencies.length === 0;
      return {
        name: template.name,
        status: 'pending',
        attempts: 0,
        failures: 0,
        losses: 0,
        firstReadyAt: ready ? readyAt : null,
        readyAt: ready ? readyAt : null,
        startedAt: null,
        finishedAt: null,
        spanId: null,
        slaDeadlineAt: ready && template.slaMs !== null ? readyAt + template.slaMs : null,
        slaBreachedAt: null,
        stalledAttempt: 0,
        keyGeneration: 1,
        failure: null,
      };
    }),
  };
}

function evolveTask(state: TaskState, fact: TaskFact): TaskState {
  const to = (status: Status, change: Partial<TaskState> = {}): TaskState => {
    requireTransition('task', taskTransitions, state.status, status);
    return { ...state, ...change, status };
  };
  const end = (status: Status): TaskState =>
    to(status, { endedAt: fact.at, firstEndedAt: state.firstEndedAt ?? fact.at });
  switch (fact.name) {
    case 'task.start_requested':
      return to('in_progress', { startedAt: state.startedAt ?? fact.at });
    case 'task.completed':
      return end('complete');
    case 'task.failed':
      return end('error');
    case 'task.cancelled':
      return end('cancelled');
    case 'task.resolved_manually':
      return end('resolved_manually');
    case 'task.retry_requested':
      return to('pending', { endedAt: null });
    case 'task.sla_breached':
      return { ...state, slaBreachedAt: fact.at };
    case 'workflow.task_state_unclear':
      return { ...state, parked: `${fact.payload.found}; expected: ${fact.payload.expected}` };
    case 'task.initialize_requested':
      throw illegal('the task was already created');
    default:
      throw illegal(`'${fact.name}' names no step`);
  }
}

function evolveStep(plan: TaskPlan, state: TaskState, fact: TaskFact, name: string): TaskState {
  const index = state.steps.findIndex((step) => step.name === name);
  const step = state.steps[index];
  if (step === undefined) throw illegal(`'${fact.name}' names the unknown step '${name}'`);
  const next = nextStep(step, fact);
  const steps = state.steps.slice();
  steps[index] = next;
  if (isDone(next.status) && !isDone(step.status)) wakeDependants(plan, steps, index, fact.at);
  return { ...state, steps };
}

function nextStep(step: StepState, fact: TaskFact): StepState {
  const to = (status: Status, change: Partial<StepState>): StepState => {
    requireTransition(`step '${step.name}'`, stepTransitions, step.status, status);
    return { ...step, ...change, status };
  };
  switch (fact.name) {
    case 'step.execution_requested':
      return to('in_progress', {
        attempts: step.attempts + 1,
        startedAt: fact.at,
        finishedAt: null,
        spanId: fact.spanId ?? null,
      });
    case 'step.completed':
      return to('complete', { finishedAt: fact.at });
    case 'step.failed': {
      const { cause, final, error, failures, losses } = fact.payload;
      const failed: Partial<StepState> = {
        failures,
        losses,
        finishedAt: fact.at,
        failure: { attempt: step.attempts, cause, final, error },
      };
      // A lost attempt that is taken up again goes straight back to pending, with the retry that follows.
      if (cause === 'worker_lost' && final === 'no') return { ...step, ...failed };
      // A step that has failed for good has ended, and its SLA with it: an operator's retry starts no new one.
      return to('error', final === 'no' ? failed : { ...failed, slaDeadlineAt: null });
    }
    case 'step.retry_requested': {
      const { reason, notBefore, keyGeneration = step.keyGeneration } = fact.payload;
      const anew = reason === 'operator' ? { failures: 0, losses: 0 } : {};
      return to('pending', { ...anew, keyGeneration, readyAt: notBefore });
    }
    case 'step.cancelled':
      return to('cancelled', { finishedAt: fact.at });
    case 'step.resolved_manually':
      return to('resolved_manually', { finishedAt: fact.at });
    case 'step.sla_breached':
      return { ...step, slaBreachedAt: fact.at };
    case 'step.stalled':
      return { ...step, stalledAttempt: step.attempts };
    default:
      throw illegal(`'${fact.name}' is not about a step`);
  }
}

function wakeDependants(plan: TaskPlan, steps: StepState[], done: number, at: number): void {
  for (const place of plan.steps[done]?.dependants ?? []) {
    const planned = plan.steps[place];
    const step = steps[place];
    if (planned === undefined || step === undefined || step.firstReadyAt !== null) continue;
    if (!planned.dependencies.every((other) => isDone(steps[other]?.status ?? 'pending'))) continue;
    const { slaMs } = planned.template;
    steps[place] = { ...step, firstReadyAt: at, readyAt: at, slaDeadlineAt: slaMs === null ? null : at + slaMs };
  }
}

function requireTransition(
  subject: string,
  table: Readonly<Record<Status, readonly Status[]>>,
  from: Status,
  to: Status,
): void {
  if (!table[from].includes(to)) throw illegal(`${subject} cannot go from ${from} to ${to}`);
}

function illegal(what: string): TaskerError {
  return new TaskerError('TASKER_INTERNAL', `A fact contradicts the task's state: ${what}.`);
}
