import type { StepHandler } from './handler.ts';
import { suggestion } from './nearest-name.ts';
import type { TemplateProblem } from './template-problem.ts';
import { fullTaskName, type StepTemplate, type TaskTemplate } from './template.ts';

export type Handlers = Readonly<Record<string, StepHandler>>;

export interface ResolvedHandlers {
  /** By step name; a step without a handler is missing and has a problem. */
  readonly handlers: ReadonlyMap<string, StepHandler>;
  readonly problems: readonly TemplateProblem[];
}

/** `PayHandler` of `Shop::PayHandler`: how files written for Ruby name a class. */
export function lastSegment(className: string): string {
  return className.split(/::|[./]/).at(-1) ?? className;
}

/** The names a step's handler may go by, best first: `Shop::PayHandler`, `PayHandler`, the step's own name. */
function handlerNames(step: Pick<StepTemplate, 'name' | 'handlerClass'>): readonly string[] {
  return [...new Set([step.handlerClass, lastSegment(step.handlerClass), step.name])].filter((name) => name !== '');
}

export function findHandler(
  handlers: Handlers,
  step: Pick<StepTemplate, 'name' | 'handlerClass'>,
): StepHandler | undefined {
  const name = handlerNames(step).find((candidate) => Object.hasOwn(handlers, candidate));
  return name === undefined ? undefined : handlers[name];
}

export function resolveHandlers(template: TaskTemplate, handlers: Handlers): ResolvedHandlers {
  const found = new Map<string, StepHandler>();
  const problems: TemplateProblem[] = [];
  for (const [index, step] of template.steps.entries()) {
    const handler = findHandler(handlers, step);
    if (typeof handler === 'function') found.set(step.name, handler);
    else problems.push(missingHandler(template, index, step, handler, handlers));
  }
  return { handlers: found, problems };
}

function missingHandler(
  template: TaskTemplate,
  index: number,
  step: StepTemplate,
  found: unknown,
  handlers: Handlers,
): TemplateProblem {
  const names = handlerNames(step);
  const looked = names.map((name) => `'${name}'`).join(', ');
  const near = names.map((name) => suggestion(name, Object.keys(handlers))).find((text) => text !== '') ?? '';
  const message =
    found === undefined
      ? `the step '${step.name}' has no handler: looked for ${looked}${near}`
      : `the handler of the step '${step.name}' is not a function but ${typeof found}: looked for ${looked}`;
  const path = `step_templates[${index}].handler_class`;
  return { severity: 'error', file: fullTaskName(template), line: 0, column: 0, path, message };
}
