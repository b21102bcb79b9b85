import type { StepHandler } from '../tasks/handler.ts';
import type { ContextCheck } from '../tasks/context-schema.ts';
import type { EventCheck } from '../tasks/custom-event-schema.ts';
import type { TaskPlan } from '../tasks/task-plan.ts';

/** A kind of task as an engine can run it: one revision of a template with its handlers. */
export interface TaskType {
  readonly templateId: string;
  readonly plan: TaskPlan;
  /** By step name: one for every step, or none at all where this process cannot run tasks of this kind. */
  readonly handlers: ReadonlyMap<string, StepHandler>;
  readonly checkContext: ContextCheck;
  readonly checkEvent: EventCheck;
}

export function isRunnableHere({ handlers }: TaskType): boolean {
  return handlers.size > 0;
}
