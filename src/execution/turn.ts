import { type CustomEventDraft, type EventDraft, toNewEvent } from '../log/append.ts';
import type { EncodedEnvelope } from '../log/encoded-envelope.ts';
import type { NewEvent } from '../log/event-log.ts';
import type { Random } from '../shared/ids.ts';
import { TaskDraft } from '../tasks/task-draft.ts';
import { isCustomFact, type TaskFact } from '../tasks/task-fact.ts';
import type { TaskPlan } from '../tasks/task-plan.ts';
import type { TaskState } from '../tasks/task-state.ts';
import type { StepResults } from './step-results.ts';
import type { AnnotationRow, AttemptError, Change, StepRow } from './task-store.ts';

/** Something that a task has to answer to: an attempt's outcome, an operator's command, a timer. */
export interface Input {
  /** Decides, on the turn it is given, what follows. Asked again if that could not be written. */
  readonly decide: (turn: Turn) => void;
  /** The run was over before the input was decided: whoever sent it must find the task anew. */
  readonly dropped?: () => void;
  /** It could not be written: with this, the input is given up and its sender told, instead of being asked again. */
  readonly failed?: (error: unknown) => void;
}

/** Everything that one change of a task is made of, gathered while inputs are decided. */
export class Turn {
  readonly draft: TaskDraft;
  /** By step. The task in memory takes them over once they are on disk. */
  readonly results = new Map<string, StepResults>();
  readonly errors: AttemptError[] = [];
  readonly annotations: AnnotationRow[] = [];
  readonly commands: string[] = [];
  /** Called once the change is on disk, or at once when there is nothing to write. */
  readonly afterwards: (() => void)[] = [];
  /** Steps whose attempts begin with this change. */
  readonly begun: string[] = [];
  /** How long it took to decide what may begin, if somebody listens; null when nothing was to be advanced. */
  passMs: number | null = null;
  /** What the facts from here on were caused by: places in `draft.facts`, and ids of earlier events or commands. */
  readonly #causes = new Map<number, string | null>();

  constructor(plan: TaskPlan, state: TaskState | null, now: number) {
    this.draft = new TaskDraft(plan, state, now);
  }

  /** The next fact was caused by this event or command; those after it by one another. */
  causedBy(id: string | null | undefined): void {
    if (id !== undefined) this.#causes.set(this.draft.facts.length, id);
  }

  /**
   * A fact without a cause of its own follows from the last one before it that is not the beginning of an attempt:
   * the steps that one completion makes ready were all caused by that completion, not by one another.
   */
  events(task: TaskIdentity, random: Random): NewEvent[] {
    let cause: string | null = null;
    return this.draft.facts.map((fact, index) => {
      const own = this.#causes.get(index);
      const event = toNewEvent(draftOf(fact, task, own === undefined ? cause : own), random, task.envelope);
      if (fact.name !== 'step.execution_requested') cause = event.id;
      return event;
    });
  }
}

export interface TaskIdentity {
  readonly id: string;
  readonly rootSpanId: string;
  readonly parentSpanId: string | null;
  readonly envelope: EncodedEnvelope;
}

function draftOf(fact: TaskFact, task: TaskIdentity, causationId: string | null): EventDraft | CustomEventDraft {
  const ofAttempt = fact.spanId !== undefined && fact.spanId !== null;
  const common = {
    occurredAt: fact.at,
    taskId: task.id,
    step: fact.step,
    attempt: fact.attempt === 0 ? undefined : fact.attempt,
    causationId,
    spanId: ofAttempt ? fact.spanId : task.rootSpanId,
    parentSpanId: ofAttempt ? task.rootSpanId : task.parentSpanId,
  };
  if (isCustomFact(fact))
    return { ...common, name: fact.name, payload: fact.payload, attemptFailed: fact.attemptFailed };
  return { ...common, name: fact.name, payload: fact.payload };
}

/** The rows that differ between two states. */
export function changedRows(
  before: TaskState | null,
  after: TaskState,
  results: ReadonlyMap<string, StepResults>,
): Pick<Change, 'task' | 'steps'> {
  const steps: StepRow[] = [];
  for (const [index, state] of after.steps.entries()) {
    if (before?.steps[index] === state) continue;
    const text = results.get(state.name)?.text;
    steps.push(text === undefined ? { state } : { state, results: text });
  }
  const sameTask =
    before !== null &&
    before.status === after.status &&
    before.startedAt === after.startedAt &&
    before.endedAt === after.endedAt &&
    before.slaBreachedAt === after.slaBreachedAt &&
    before.parked === after.parked;
  return sameTask ? { steps } : { task: after, steps };
}
