import { TaskerError } from '../shared/errors.ts';
import { deepFreeze, isPlainObject, type JsonObject, type JsonValue } from '../shared/json.ts';
import type { StepHandler } from './handler.ts';
import { checkNode, loadNode, type LoadedTemplate } from './load-template.ts';
import type { StepsFunction, TaskDefinitionInput } from './task-definition.ts';
import { TaskSteps } from './task-steps.ts';
import { nowhere, toJson } from './template-node.ts';
import { formatProblem, ProblemList, type TemplateProblem } from './template-problem.ts';
import type { TaskTemplate } from './template.ts';
import { nodeFromValue } from './value-node.ts';

/** A task written in TypeScript. Its environments are still apart. */
export interface TaskDefinition {
  /** The template's own part: the keys of a template file. */
  readonly definition: JsonObject;
  /** By step name: one for every step. */
  readonly handlers: ReadonlyMap<string, StepHandler>;
}

export interface ResolvedDefinition {
  readonly template: TaskTemplate;
  readonly handlers: ReadonlyMap<string, StepHandler>;
  /** Warnings; an error would have been thrown. */
  readonly problems: readonly TemplateProblem[];
}

/**
 * A task with its handlers, typed on its context:
 * `defineTask<CheckoutContext>({ name: 'checkout', step_templates: [{ name: 'pay', handler: async ({ context }) => … }] })`.
 * The results that a handler sees are typed by the handlers that return them where a function adds the steps
 * (`StepsFunction`), or as you say in `Results`.
 *
 * @throws TaskerError `TASKER_TEMPLATE_INVALID` at once, listing every problem in any of its environments.
 */
export function defineTask<Context = JsonObject, Results = Record<string, JsonValue>>(
  input: TaskDefinitionInput<Context, Results>,
): TaskDefinition {
  const file = sourceName(input);
  const missing = new ProblemList(file, true);
  const problems = new ProblemList(file, true);
  const handlers = new Map<string, StepHandler>();
  const node = nodeFromValue(withoutHandlers(input, handlers, missing), [], problems);
  // What JSON cannot hold is not there to be checked; a missing handler leaves the rest of the template as it is.
  const found = problems.failed ? problems.all : checkNode(node, file, true);
  requireNoError([...missing.all, ...found], file);
  return Object.freeze({ definition: deepFreeze(toJson(node)) as JsonObject, handlers });
}

/** @throws TaskerError `TASKER_TEMPLATE_INVALID`. */
export function resolveDefinition(
  definition: TaskDefinition,
  { environment }: { readonly environment?: string },
): ResolvedDefinition {
  const file = sourceName(definition.definition);
  const problems = new ProblemList(file, true);
  const loaded = loadNode(nodeFromValue(definition.definition, [], problems), problems, environment);
  return { template: requireTemplate(loaded, file), handlers: definition.handlers, problems: loaded.problems };
}

/** @throws TaskerError `TASKER_TEMPLATE_INVALID`, listing the problems, when there is no template. */
export function requireTemplate(loaded: LoadedTemplate, file: string): TaskTemplate {
  if (loaded.template !== null) return loaded.template;
  throw invalid(loaded.problems, file);
}

function requireNoError(problems: readonly TemplateProblem[], file: string): void {
  if (problems.some((problem) => problem.severity === 'error')) throw invalid(problems, file);
}

function invalid(problems: readonly TemplateProblem[], file: string): TaskerError {
  const lines = problems.map((problem) => `  ${formatProblem(problem)}`);
  return new TaskerError('TASKER_TEMPLATE_INVALID', `The task template ${file} is not valid:\n${lines.join('\n')}`, {
    details: { problems },
  });
}

function sourceName(input: unknown): string {
  return isPlainObject(input) && typeof input['name'] === 'string' ? `defineTask(${input['name']})` : 'defineTask';
}

/** Takes the functions out of the steps, so that plain JSON is left; callers without types are told what is missing. */
function withoutHandlers(input: unknown, handlers: Map<string, StepHandler>, problems: ProblemList): unknown {
  if (!isPlainObject(input)) return input;
  const written = stepList(input['step_templates'], problems);
  if (!Array.isArray(written)) return { ...input, step_templates: written };
  const given: readonly unknown[] = written;
  const steps = given.map((step, index) => {
    if (!isPlainObject(step)) return step;
    const { handler, ...rest } = step;
    const path = ['step_templates', index, 'handler'];
    if (typeof handler !== 'function') problems.error(nowhere, path, `expected a function, got ${kindOf(handler)}`);
    // The engine gives a handler the context that its template's schema let through: what it is typed on.
    else if (typeof rest['name'] === 'string') handlers.set(rest['name'], handler as StepHandler);
    return rest;
  });
  return { ...input, step_templates: steps };
}

/** The steps that a function adds, or whatever else was given. */
function stepList(given: unknown, problems: ProblemList): unknown {
  if (typeof given !== 'function') return given;
  const added: unknown = (given as StepsFunction)(new TaskSteps());
  if (added instanceof TaskSteps) return added.added;
  problems.error(
    nowhere,
    ['step_templates'],
    `expected the function to return the steps it added, got ${kindOf(added)}`,
  );
  return [];
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  return value === null ? 'null' : `a ${typeof value}`;
}
