import { hasEnded, isDone } from './states.ts';
import type { TaskPlan } from './task-plan.ts';
import type { TaskState } from './task-state.ts';

export interface Unclear {
  readonly found: string;
  readonly expected: string;
}

/**
 * What no rule explains in a stored state, or null. The engine never writes such a state; one that is found was
 * changed from outside, or by a defect, and guessing at it could charge somebody twice.
 */
export function findUnclear(plan: TaskPlan, state: TaskState): Unclear | null {
  const names = plan.steps.map((step) => step.template.name);
  const stored = state.steps.map((step) => step.name);
  if (names.length !== stored.length || names.some((name, index) => name !== stored[index])) {
    return { found: `stored steps ${stored.join(', ')}`, expected: `the template's steps ${names.join(', ')}` };
  }
  for (const [index, step] of state.steps.entries()) {
    const { dependencies } = plan.steps[index] ?? { dependencies: [] };
    const where = `step '${step.name}' is ${step.status}`;
    if (step.status === 'in_progress') {
      if (state.status !== 'in_progress')
        return { found: `${where} in a task that is ${state.status}`, expected: 'a task in progress' };
      if (step.attempts === 0) return { found: `${where} with 0 attempts`, expected: 'at least one attempt' };
    }
    if (step.status === 'in_progress' || step.status === 'complete') {
      const missing = dependencies.find((other) => !isDone(state.steps[other]?.status ?? 'pending'));
      if (missing !== undefined) {
        return {
          found: `${where} before '${state.steps[missing]?.name ?? ''}' was done`,
          expected: 'its dependencies done',
        };
      }
    }
    if (state.status === 'complete' && !isDone(step.status)) {
      return { found: `${where} in a complete task`, expected: 'every step done' };
    }
    if (step.status === 'cancelled' && !hasEnded(state.status)) {
      return { found: `${where} in a task that is ${state.status}`, expected: 'a cancelled task' };
    }
  }
  return null;
}
