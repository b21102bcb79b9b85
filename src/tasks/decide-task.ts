import type { TaskDraft } from './task-draft.ts';
import { allDone, countedFrom, isRunnable, isWatched } from './readiness.ts';
import { hasEnded, isDone } from './states.ts';
import { plannedStep } from './task-plan.ts';
import type { TaskState } from './task-state.ts';

export interface Creation {
  readonly templateId: string;
  readonly initiator: string;
  readonly sourceSystem: string;
  readonly reason: string;
  /** Only where it is not 0. */
  readonly priority?: number;
  /** Only where it is later than now. */
  readonly startAt?: number;
  /** Fields of the business context that are too large to leave the task. */
  readonly omittedContext: readonly string[];
}

export function createTask(draft: TaskDraft, { omittedContext, ...creation }: Creation): void {
  const { monitoring, steps } = draft.plan.template;
  draft.record({
    name: 'task.initialize_requested',
    at: draft.now,
    payload: {
      ...creation,
      steps: steps.map((step) => step.name),
      slaDeadlineAt: monitoring.slaMs === null ? null : (creation.startAt ?? draft.now) + monitoring.slaMs,
      ...(omittedContext.length > 0 && { omittedContext: [...omittedContext] }),
    },
  });
}

/** pending → in_progress. On the first start the steps that the request bypasses are settled. */
export function startTask(
  draft: TaskDraft,
  bypass: { readonly steps: readonly string[]; readonly by: string; readonly why: string },
): void {
  const first = draft.state.startedAt === null;
  draft.record({
    name: 'task.start_requested',
    at: draft.now,
    payload: { waitedMs: first ? Math.max(0, draft.now - countedFrom(draft.state)) : 0 },
  });
  if (!first) return;
  for (const name of bypass.steps) {
    const step = draft.state.steps.find((candidate) => candidate.name === name);
    if (step?.status !== 'pending') continue;
    draft.record({
      name: 'step.resolved_manually',
      at: draft.now,
      step: name,
      payload: { by: bypass.by, why: bypass.why, from: 'pending', reason: 'bypassed', results: {} },
    });
  }
}

/** How a task stands once its steps have moved: done, failed, or still at it. Always the last word of a decision. */
export function settleTask(draft: TaskDraft): void {
  const { state } = draft;
  if (state.status !== 'in_progress' || state.parked !== null) return;
  if (state.steps.some((step) => step.status === 'in_progress' || isRunnable(step))) return;
  if (allDone(state)) {
    draft.record({ name: 'task.completed', at: draft.now, payload: completion(state, draft.now) });
  } else if (state.steps.some((step) => step.status === 'error')) {
    draft.record({ name: 'task.failed', at: draft.now, payload: failurePayload(state, draft.now) });
  } else {
    draft.record({
      name: 'workflow.task_state_unclear',
      at: draft.now,
      payload: { found: describeSteps(state), expected: 'a step that runs, can run, or has failed' },
    });
  }
}

/** Records each SLA that has run out while its task or step was open. */
export function checkDeadlines(draft: TaskDraft): void {
  const { state, now } = draft;
  if (hasEnded(state.status) || state.parked !== null) return;
  const { slaMs } = draft.plan.template.monitoring;
  const { slaDeadlineAt } = state;
  if (
    slaMs !== null &&
    slaDeadlineAt !== null &&
    slaDeadlineAt <= now &&
    state.slaBreachedAt === null &&
    state.firstEndedAt === null
  ) {
    draft.record({
      name: 'task.sla_breached',
      at: now,
      payload: { slaMs, deadlineAt: slaDeadlineAt, elapsedMs: now - countedFrom(state), openSteps: openSteps(state) },
    });
  }
  for (const step of state.steps) {
    const stepSlaMs = plannedStep(draft.plan, step.name)?.template.slaMs ?? null;
    if (!isWatched(step) || stepSlaMs === null || step.slaDeadlineAt === null || step.slaDeadlineAt > now) continue;
    const readySince = step.firstReadyAt ?? now;
    draft.record({
      name: 'step.sla_breached',
      at: now,
      step: step.name,
      attempt: step.attempts,
      spanId: step.spanId,
      payload: {
        slaMs: stepSlaMs,
        deadlineAt: step.slaDeadlineAt,
        readySince,
        elapsedMs: now - readySince,
        status: step.status,
      },
    });
  }
}

export interface Silence {
  readonly step: string;
  readonly attempt: number;
  readonly stallMs: number;
  readonly runningMs: number;
  readonly silentMs: number;
  readonly heartbeats: number;
}

export function reportStall(draft: TaskDraft, { step: name, attempt, ...payload }: Silence): void {
  const step = draft.state.steps.find((candidate) => candidate.name === name);
  // The attempt may have ended, or been reported, between the timer and this decision.
  if (step?.status !== 'in_progress' || step.attempts !== attempt || step.stalledAttempt === attempt) return;
  draft.record({ name: 'step.stalled', at: draft.now, step: name, attempt, spanId: step.spanId, payload });
}

function completion(state: TaskState, now: number) {
  return {
    durationMs: Math.max(0, now - countedFrom(state)),
    steps: state.steps.length,
    attempts: totalAttempts(state),
    resolvedSteps: state.steps.filter((step) => step.status === 'resolved_manually').map((step) => step.name),
  };
}

function failurePayload(state: TaskState, now: number) {
  return {
    durationMs: Math.max(0, now - countedFrom(state)),
    steps: state.steps.length,
    completedSteps: state.steps.filter((step) => isDone(step.status)).length,
    attempts: totalAttempts(state),
    failedSteps: state.steps.flatMap((step) =>
      step.status === 'error' && step.failure !== null ? [{ step: step.name, ...step.failure }] : [],
    ),
    blockedSteps: state.steps.filter((step) => step.status === 'pending').map((step) => step.name),
  };
}

function openSteps(state: TaskState) {
  return state.steps
    .filter((step) => step.status === 'in_progress' || isRunnable(step) || step.status === 'error')
    .map((step) => ({
      step: step.name,
      status: step.status,
      attempt: step.attempts,
      since: step.status === 'in_progress' ? step.startedAt : step.readyAt,
    }));
}

function totalAttempts(state: TaskState): number {
  return state.steps.reduce((sum, step) => sum + step.attempts, 0);
}

function describeSteps(state: TaskState): string {
  return `an open task whose steps are ${state.steps.map((step) => `${step.name}: ${step.status}`).join(', ')}`;
}
