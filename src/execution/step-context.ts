import type { JsonValue } from '../shared/json.ts';
import type { StepContext } from '../tasks/handler.ts';
import { stepIdempotencyKey } from '../tasks/idempotency-key.ts';
import type { PlannedStep } from '../tasks/task-plan.ts';
import type { StepState } from '../tasks/task-state.ts';
import type { AttemptsOwn } from './attempt.ts';
import { type ActiveSpan, traceparentOf } from './attempt-trace.ts';
import type { LoadedTask } from './loaded-task.ts';

/** What a handler is told; the rest is the attempt's own. */
export function stepContext(
  task: LoadedTask,
  planned: PlannedStep,
  state: Pick<StepState, 'attempts' | 'keyGeneration'>,
  span: ActiveSpan | null,
): Omit<StepContext, AttemptsOwn> {
  const { row, context } = task;
  const step = planned.template.name;
  return {
    taskId: row.id,
    namespace: row.namespace,
    taskName: row.name,
    version: row.version,
    step,
    attempt: state.attempts,
    correlationId: row.correlationId,
    traceparent: traceparentOf(span),
    context,
    results: ancestorResults(task, planned),
    handlerConfig: planned.template.handlerConfig,
    idempotencyKey: stepIdempotencyKey(row.id, step, state.keyGeneration),
  };
}

function ancestorResults(task: LoadedTask, planned: PlannedStep): Readonly<Record<string, JsonValue>> {
  const results: [step: string, JsonValue][] = [];
  for (const index of planned.ancestors) {
    const name = task.type.plan.steps[index]?.template.name;
    const value = name === undefined ? undefined : task.results.get(name);
    if (name !== undefined && value !== undefined) results.push([name, value]);
  }
  // A step may have any name, `__proto__` too.
  return Object.freeze(Object.fromEntries(results));
}
