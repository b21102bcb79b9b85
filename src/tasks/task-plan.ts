import { TaskerError } from '../shared/errors.ts';
import type { StepTemplate, TaskTemplate } from './template.ts';

/** A checked template with its dependencies as places in the step list: what the state machines walk over. */
export interface TaskPlan {
  readonly template: TaskTemplate;
  readonly steps: readonly PlannedStep[];
}

export interface PlannedStep {
  readonly template: StepTemplate;
  readonly index: number;
  readonly dependencies: readonly number[];
  readonly dependants: readonly number[];
  /** Every step before it, directly or not, in template order: whose results its handler sees. */
  readonly ancestors: readonly number[];
}

/** For a template that `loadTemplate` accepted: unknown dependencies and cycles have been refused there. */
export function planTask(template: TaskTemplate): TaskPlan {
  const places = new Map(template.steps.map((step, index) => [step.name, index]));
  const dependencies = template.steps.map((step) => step.dependsOn.map((name) => placeOf(places, name)));
  const ancestors = template.steps.map((_step, index) => collectAncestors(index, dependencies));
  return {
    template,
    steps: template.steps.map((step, index) => ({
      template: step,
      index,
      dependencies: dependencies[index] ?? [],
      dependants: dependencies.flatMap((needed, other) => (needed.includes(index) ? [other] : [])),
      ancestors: ancestors[index] ?? [],
    })),
  };
}

export function plannedStep(plan: TaskPlan, name: string): PlannedStep | undefined {
  // Templates have a handful of steps: a scan is quicker than a map and keeps the plan plain.
  return plan.steps.find((step) => step.template.name === name);
}

function placeOf(places: ReadonlyMap<string, number>, name: string): number {
  const place = places.get(name);
  if (place === undefined) throw new TaskerError('TASKER_INTERNAL', `the template has no step '${name}'`);
  return place;
}

function collectAncestors(index: number, dependencies: readonly (readonly number[])[]): number[] {
  const found = new Set<number>();
  const visit = (at: number): void => {
    for (const parent of dependencies[at] ?? []) {
      if (found.has(parent)) continue;
      found.add(parent);
      visit(parent);
    }
  };
  visit(index);
  return [...found].sort((a, b) => a - b);
}
