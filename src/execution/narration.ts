import type { PayloadOf } from '../events/catalog.ts';
import type { TaskEnvelope } from '../events/envelope.ts';
import type { NewEvent } from '../log/event-log.ts';
import { isTaskerError } from '../shared/errors.ts';
import { evolve } from '../tasks/evolve.ts';
import { isRunnable, nextStartAt } from '../tasks/readiness.ts';
import type { TaskFact } from '../tasks/task-fact.ts';
import type { TaskPlan } from '../tasks/task-plan.ts';
import type { TaskState } from '../tasks/task-state.ts';
import type { StepTemplate } from '../tasks/template.ts';
import { Batches } from './batches.ts';
import { passReason, type Sides, tellAhead, tellEchoes } from './echoes.ts';
import type { LiveEvents, Subject, Tell } from './live-events.ts';
import type { LoadedTask } from './loaded-task.ts';
import type { Change, NewTask, Schedule } from './task-store.ts';
import type { Turn } from './turn.ts';

/** A change that is on disk. */
export interface Commit {
  readonly before: TaskState | null;
  readonly turn: Turn;
  readonly change: Change;
  readonly firstPosition: number | null;
}

/** Why a write did not happen. */
export type Refused = { readonly reason: 'store_refused'; readonly error: unknown } | { readonly reason: 'lease_lost' };

/**
 * Tells in process what the engine does: each recorded event after its commit, and around it the narration that
 * follows from it. The decisions know nothing of it, and nothing is built that nobody listens to.
 */
export class Narration {
  readonly #live: LiveEvents;
  readonly #onProblem: (error: unknown) => void;
  readonly #batches = new Batches();

  constructor(live: LiveEvents, onProblem: (error: unknown) => void) {
    this.#live = live;
    this.#onProblem = onProblem;
  }

  /** Nobody listens: callers need not even measure. */
  get silent(): boolean {
    return this.#live.idle;
  }

  committed(task: LoadedTask, commit: Commit): void {
    if (!this.silent) this.#safely(() => this.#tellCommit(task, commit));
  }

  /** Facts that belong to no task. */
  recorded(events: readonly NewEvent[], firstPosition: number | null): void {
    if (this.silent || firstPosition === null) return;
    this.#safely(() => events.forEach((event, index) => this.#live.recorded(event, firstPosition + index)));
  }

  /** A pass changed nothing; one that did is told with its commit. */
  passed(task: LoadedTask, turn: Turn): void {
    if (!this.silent) this.#safely(() => tellPass(this.#about(task), turn));
  }

  takenUp(task: LoadedTask, toAdvance: boolean): void {
    if (this.silent) return;
    this.#safely(() => {
      const tell = this.#about(task);
      tell('observability.task.handle', () => ({ from: 'queue' }));
      if (toAdvance) tell('workflow.orchestration_requested', () => ({ reason: 'taken_up' }));
    });
  }

  woken(task: LoadedTask, state: TaskState | null, now: number): void {
    if (this.silent || state === null) return;
    const startAt = nextStartAt(state);
    // It may have been woken for a deadline.
    if (startAt === null || startAt > now) return;
    this.#safely(() => this.#about(task)('workflow.orchestration_requested', () => ({ reason: 'wait_over' })));
  }

  handling(moment: 'before' | 'called', task: LoadedTask, step: StepTemplate, attempt: Omit<Subject, 'task'>): void {
    if (this.silent) return;
    const name = moment === 'before' ? 'step.before_handle' : 'step.handle';
    this.#safely(() => this.#about(task, attempt)(name, () => ({ timeoutMs: step.timeoutMs })));
  }

  givingBack(row: NewTask, release: Schedule | undefined): void {
    const dueAt = release?.dueAt ?? null;
    if (this.silent || dueAt === null) return;
    this.#safely(() => this.#aboutRow(row)('workflow.task_reenqueue_started', () => ({ dueAt })));
  }

  /** `first`: the same was not refused just before. */
  refused(task: LoadedTask, turn: Turn, change: Change, why: Refused, first: boolean): void {
    if (this.silent) return;
    this.#safely(() => {
      const failure: PayloadOf<'workflow.task_reenqueue_failed'> = {
        reason: why.reason,
        code: 'error' in why ? codeOf(why.error) : null,
      };
      for (const { step, attempt, spanId } of first ? turn.draft.facts : []) {
        if (step === undefined) continue;
        this.#about(task, { step, attempt, spanId })('workflow.step_execution_failed', () => failure);
      }
      if ((change.release?.dueAt ?? null) !== null) this.#about(task)('workflow.task_reenqueue_failed', () => failure);
    });
  }

  withoutHandlers({ row }: LoadedTask, state: TaskState): void {
    if (this.silent) return;
    this.#safely(() => {
      for (const step of state.steps) {
        if (!isRunnable(step)) continue;
        const tell = this.#aboutRow(row, { step: step.name });
        tell(
          'workflow.step_execution_failed',
          () => ({ reason: 'no_handler', code: 'TASKER_HANDLER_NOT_FOUND' }) as const,
        );
      }
    });
  }

  /** The task is on the queue again. */
  givenBack(row: NewTask, release: Schedule, now: number): void {
    const { dueAt } = release;
    if (this.silent || dueAt === null) return;
    this.#safely(() => {
      const tell = this.#aboutRow(row);
      if (dueAt <= now) tell('workflow.task_reenqueue_requested', () => ({ dueAt }));
      else tell('workflow.task_reenqueue_delayed', () => ({ dueAt, delayMs: dueAt - now }));
      tell('observability.task.enqueue', () => ({ dueAt }));
    });
  }

  #tellCommit(task: LoadedTask, { before, turn, change, firstPosition }: Commit): void {
    const { plan } = task.type;
    const { facts } = turn.draft;
    const sidesOf = replay(plan, before, facts);
    let passToTell = true;
    for (const [index, fact] of facts.entries()) {
      const event = change.events[index];
      if (event === undefined || firstPosition === null) continue;
      const { at, step, attempt, spanId } = fact;
      const tell = this.#about(task, { at, step, attempt, spanId, causationId: event.id });
      if (fact.name === 'step.execution_requested' && passToTell) {
        passToTell = false;
        tellPass(this.#about(task, { at, causationId: change.events[index - 1]?.id }), turn);
      }
      const sides = (): Sides => sidesOf(index);
      tellAhead(tell, fact, sides);
      this.#live.recorded(event, firstPosition + index);
      tellEchoes(tell, plan, fact, sides);
      const aboutTask = this.#about(task, { at, causationId: event.id });
      this.#tellOfBatchEnd(task, fact, aboutTask);
      if (fact.name === 'task.initialize_requested' && change.release === undefined)
        aboutTask('observability.task.handle', () => ({ from: 'request' }));
      const reason = turn.passMs === null ? null : passReason(fact, () => sides().after);
      if (reason !== null) aboutTask('workflow.orchestration_requested', () => ({ reason }));
    }
    if (passToTell) tellPass(this.#about(task), turn);
    if (turn.begun.length > 0) this.#tellOfBatchStart(task, turn.begun);
    if (change.release === undefined) return;
    if (change.create === undefined) this.givenBack(task.row, change.release, turn.draft.now);
    else this.#tellEnqueued(task, change.release.dueAt);
  }

  #tellEnqueued(task: LoadedTask, dueAt: number | null): void {
    if (dueAt !== null) this.#about(task)('observability.task.enqueue', () => ({ dueAt }));
  }

  #tellOfBatchStart(task: LoadedTask, steps: readonly string[]): void {
    if (this.#live.wants('workflow.steps_execution_completed')) this.#batches.begin(task, steps);
    this.#about(task)('workflow.steps_execution_started', () => ({ steps: [...steps] }));
  }

  #tellOfBatchEnd(task: LoadedTask, fact: TaskFact, tell: Tell): void {
    const ended = this.#batches.endedBy(task, fact);
    if (ended !== null) tell('workflow.steps_execution_completed', () => ended);
  }

  #about(task: LoadedTask, subject: Omit<Subject, 'task'> = {}): Tell {
    return this.#live.about({ ...subject, task: { row: task.row, envelope: () => task.envelope.parsed } });
  }

  /** Of a task whose template this process may not even have: without its business context. */
  #aboutRow(row: NewTask, subject: Omit<Subject, 'task'> = {}): Tell {
    const { namespace, name: taskName, version, correlationId, traceId } = row;
    const envelope = (): TaskEnvelope => ({ namespace, taskName, version, correlationId, traceId, business: {} });
    return this.#live.about({ ...subject, task: { row, envelope } });
  }

  /** Listeners are kept apart by the bus; this keeps a defect in the telling itself away from the workflow. */
  #safely(narrate: () => void): void {
    try {
      narrate();
    } catch (error) {
      try {
        this.#onProblem(error);
      } catch {
        // It is called inside a commit's aftermath: nothing may come out of here.
      }
    }
  }
}

function tellPass(tell: Tell, turn: Turn): void {
  const { passMs, begun } = turn;
  const { state, now } = turn.draft;
  if (passMs === null || state.status !== 'in_progress' || state.parked !== null) return;
  const steps = state.steps
    .filter((step) => begun.includes(step.name) || (isRunnable(step) && (step.readyAt ?? 0) <= now))
    .map((step) => step.name);
  tell('observability.step.find_viable', () => ({ durationMs: passMs, viable: steps.length }));
  if (steps.length > 0) {
    tell('workflow.viable_steps_discovered', () => ({ steps }));
  } else {
    const running = state.steps.some((step) => step.status === 'in_progress');
    tell(
      'workflow.no_viable_steps',
      () => ({ reason: running ? 'running' : 'waiting', nextStartAt: nextStartAt(state) }) as const,
    );
  }
  if (begun.length > 0) tell('workflow.viable_steps_batch_ready', () => ({ steps: [...begun] }));
}

/** The states around each fact, folded only if somebody asks. */
function replay(plan: TaskPlan, before: TaskState | null, facts: readonly TaskFact[]): (index: number) => Sides {
  let states: TaskState[] | null = null;
  return (index) => {
    if (states === null) {
      states = [];
      let state = before;
      for (const fact of facts) states.push((state = evolve(plan, state, fact)));
    }
    const after = states[index];
    if (after === undefined) throw new RangeError(`there is no fact ${index}`);
    return { before: index === 0 ? before : (states[index - 1] ?? null), after };
  };
}

function codeOf(error: unknown): string | null {
  return isTaskerError(error) ? error.code : null;
}
