import { evolve } from './evolve.ts';
import type { TaskFact } from './task-fact.ts';
import type { TaskPlan } from './task-plan.ts';
import type { TaskState } from './task-state.ts';
import type { TaskerErrorCode } from '../shared/errors.ts';

/** Why a command changes nothing. An expected outcome, not an exception. */
export interface Refusal {
  readonly code: TaskerErrorCode;
  readonly message: string;
}

/**
 * A decision being made: facts are recorded one by one and each is seen by the next. The state it began with is
 * left as it was, so that a decision that could not be written is simply dropped.
 */
export class TaskDraft {
  readonly plan: TaskPlan;
  readonly now: number;
  readonly facts: TaskFact[] = [];
  #state: TaskState | null;

  constructor(plan: TaskPlan, state: TaskState | null, now: number) {
    this.plan = plan;
    this.#state = state;
    this.now = now;
  }

  get state(): TaskState {
    if (this.#state === null) throw new TypeError('the draft has no task yet: record task.initialize_requested first');
    return this.#state;
  }

  record(fact: TaskFact): void {
    this.#state = evolve(this.plan, this.#state, fact);
    this.facts.push(fact);
  }
}
