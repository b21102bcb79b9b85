import type { PayloadOf, StepEventName, TaskEventName } from '../events/catalog.ts';

export type TaskFactName = TaskEventName | StepEventName | 'workflow.task_state_unclear';

/** One thing that happened to a task: the event it is recorded as, and the transition that it is. */
export type TaskFact = { [Name in TaskFactName]: FactOf<Name> }[TaskFactName];

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
