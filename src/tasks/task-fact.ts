import { type CustomEventName, isCustomName } from '../events/custom-events.ts';
import type { JsonObject } from '../shared/json.ts';
import type { PayloadOf, StepEventName, TaskEventName } from '../events/catalog.ts';

export type TaskFactName = TaskEventName | StepEventName | 'workflow.task_state_unclear';

/** One thing that happened to a task: the event it is recorded as, and the transition that it is. */
export type TaskFact = { [Name in TaskFactName]: FactOf<Name> }[TaskFactName] | CustomFact;

/** A handler published an event of its own. It changes no state. */
export interface CustomFact {
  readonly name: CustomEventName;
  readonly at: number;
  readonly step: string;
  readonly attempt: number;
  readonly spanId?: string | null | undefined;
  readonly payload: JsonObject;
  /** The attempt that published it did not complete. */
  readonly attemptFailed: boolean;
}

export function isCustomFact(fact: TaskFact): fact is CustomFact {
  return isCustomName(fact.name);
}

export interface FactOf<Name extends TaskFactName> {
  readonly name: Name;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly step?: string | undefined;
  readonly attempt?: number | undefined;
  /** Of the attempt that the fact is about. */
  readonly spanId?: string | null | undefined;
  readonly payload: PayloadOf<Name>;
}
