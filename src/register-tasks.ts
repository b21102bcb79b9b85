import { readFile } from 'node:fs/promises';

import type { TaskerConfigInput } from './config/define-config.ts';
import type { ResolvedConfig } from './config/resolve-config.ts';
import type { TaskType } from './execution/task-type.ts';
import type { TemplateStore } from './execution/template-store.ts';
import { errorMessage, TaskerError } from './shared/errors.ts';
import { compileContextSchema } from './tasks/context-schema.ts';
import { compileCustomEvents } from './tasks/custom-event-schema.ts';
import { resolveDefinition } from './tasks/define-task.ts';
import type { StepHandler } from './tasks/handler.ts';
import { loadTemplate } from './tasks/load-template.ts';
import { resolveHandlers } from './tasks/resolve-handlers.ts';
import { planTask } from './tasks/task-plan.ts';
import { templateFingerprint } from './tasks/template-fingerprint.ts';
import { formatProblem, type TemplateProblem } from './tasks/template-problem.ts';
import { fullTaskName, type TaskTemplate } from './tasks/template.ts';

/** A template with its handlers, checked; not yet known to any store. */
export interface Registration {
  readonly template: TaskTemplate;
  readonly handlers: ReadonlyMap<string, StepHandler>;
  /** File, or `defineTask`. */
  readonly source: string;
  readonly warnings: readonly TemplateProblem[];
}

/**
 * Loads every template that the configuration names and finds its handlers.
 *
 * @throws TaskerError `TASKER_TEMPLATE_INVALID` or `TASKER_HANDLER_NOT_FOUND`, listing every problem of all files.
 */
export async function loadRegistrations(input: TaskerConfigInput, config: ResolvedConfig): Promise<Registration[]> {
  const fromFiles = await Promise.all(config.templates.map((file) => fromFile(file, input, config)));
  const fromCode = (input.tasks ?? []).map((definition): Registration => {
    const { template, handlers, problems } = resolveDefinition(definition, { environment: config.environment });
    return { template, handlers, source: 'defineTask', warnings: problems };
  });
  const registrations = [...fromFiles, ...fromCode];
  requireDistinct(registrations);
  return registrations;
}

async function fromFile(file: string, input: TaskerConfigInput, config: ResolvedConfig): Promise<Registration> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new TaskerError(
      'TASKER_TEMPLATE_NOT_FOUND',
      `The configuration names the template ${file}, which cannot be read: ${errorMessage(error)}`,
      { cause: error },
    );
  }
  const { template, problems } = loadTemplate(
    { text, file },
    { environment: config.environment, strict: config.strict },
  );
  if (template === null) throw invalid('TASKER_TEMPLATE_INVALID', `The task template ${file} is not valid`, problems);
  const resolved = resolveHandlers(template, handlersFor(template, input.handlers ?? {}));
  if (resolved.problems.length > 0) {
    throw invalid(
      'TASKER_HANDLER_NOT_FOUND',
      `Handlers of ${fullTaskName(template)} (${file}) are missing`,
      resolved.problems,
    );
  }
  return { template, handlers: resolved.handlers, source: file, warnings: problems };
}

/** Those for every template, and over them those given under `namespace.name` for this one alone. */
function handlersFor(
  template: TaskTemplate,
  given: NonNullable<TaskerConfigInput['handlers']>,
): Record<string, StepHandler> {
  const own = given[`${template.namespace}.${template.name}`];
  const shared = Object.entries(given).filter(([, value]) => typeof value === 'function');
  // What a handler is called with was checked against its template's schema, which its own types must agree with.
  return { ...Object.fromEntries(shared), ...(typeof own === 'object' && own) } as Record<string, StepHandler>;
}

function requireDistinct(registrations: readonly Registration[]): void {
  const sources = new Map<string, string>();
  for (const { template, source } of registrations) {
    const name = fullTaskName(template);
    const earlier = sources.get(name);
    if (earlier !== undefined) {
      throw new TaskerError(
        'TASKER_CONFIG_INVALID',
        `${name} is defined twice: in ${earlier} and in ${source}. Give one another name or version.`,
      );
    }
    sources.set(name, source);
  }
}

/**
 * Makes a registration runnable on a store. The same version with other content is refused in production, where a
 * version must mean one thing; elsewhere it is a new revision. Running tasks keep the one they began with.
 */
export async function register(
  { template, handlers }: Registration,
  templates: TemplateStore,
  environment: string,
): Promise<{ type: TaskType; changed: boolean }> {
  const templateId = templateFingerprint(template);
  const latest = await templates.latestId(template.namespace, template.name, template.version);
  const changed = latest !== null && latest !== templateId;
  if (changed && environment === 'production') {
    throw new TaskerError(
      'TASKER_TEMPLATE_VERSION_CHANGED',
      `${fullTaskName(template)} is already registered with other content. In production a version is never changed: raise its version.`,
      { details: { registered: latest, given: templateId } },
    );
  }
  return {
    type: {
      templateId,
      plan: planTask(template),
      handlers,
      checkContext: compileContextSchema(template),
      checkEvent: compileCustomEvents(template),
    },
    changed,
  };
}

function invalid(
  code: 'TASKER_TEMPLATE_INVALID' | 'TASKER_HANDLER_NOT_FOUND',
  what: string,
  problems: readonly TemplateProblem[],
): TaskerError {
  const lines = problems.map((problem) => `  ${formatProblem(problem)}`);
  return new TaskerError(code, `${what}:\n${lines.join('\n')}`, { details: { problems } });
}
