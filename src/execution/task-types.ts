import { TaskerError } from '../shared/errors.ts';
import { compileContextSchema } from '../tasks/context-schema.ts';
import { compileCustomEvents } from '../tasks/custom-event-schema.ts';
import { nearestName } from '../tasks/nearest-name.ts';
import { planTask } from '../tasks/task-plan.ts';
import { fullTaskName, type TaskTemplate } from '../tasks/template.ts';
import type { TaskType } from './task-type.ts';
import type { TemplateStore } from './template-store.ts';

/** The kinds of task that this process has handlers for. */
export class TaskTypes {
  readonly #templates: TemplateStore;
  readonly #byFullName = new Map<string, TaskType>();
  readonly #byTemplateId = new Map<string, TaskType>();

  constructor(templates: TemplateStore) {
    this.#templates = templates;
  }

  register(type: TaskType): void {
    this.#byFullName.set(fullTaskName(type.plan.template), type);
    this.#byTemplateId.set(type.templateId, type);
  }

  all(): readonly TaskType[] {
    return [...this.#byFullName.values()];
  }

  /** The template of an id that this process has come across. */
  template(templateId: string): TaskTemplate | undefined {
    return this.#byTemplateId.get(templateId)?.plan.template;
  }

  /** @throws TaskerError `TASKER_TEMPLATE_NOT_FOUND`, naming what there is. */
  find(namespace: string, name: string, version: string | undefined): TaskType {
    const named = this.#named(namespace, name);
    const found = version === undefined ? named[0] : named.find(({ plan }) => plan.template.version === version);
    if (found !== undefined) return found;
    const wanted = `${namespace}.${name}${version === undefined ? '' : `@${version}`}`;
    const known = [...this.#byFullName.keys()];
    const near =
      nearestName(wanted, known) ??
      nearestName(
        wanted,
        known.map((full) => full.replace(/@.*$/, '')),
      );
    throw new TaskerError(
      'TASKER_TEMPLATE_NOT_FOUND',
      `There is no task template '${wanted}'${near === undefined ? '.' : `; did you mean '${near}'?`} Known: ${known.join(', ') || 'none'}.`,
      { details: { wanted, known } },
    );
  }

  /**
   * The very template that a stored task began with, with this process's handlers, or without any where it has none
   * that fit: such a task is kept and watched, and an operator can end it, but none of its steps begins. null where
   * the store does not know the template.
   */
  async forStored(templateId: string): Promise<TaskType | null> {
    const known = this.#byTemplateId.get(templateId);
    if (known !== undefined) return known;
    const stored = await this.#templates.load(templateId);
    if (stored === null) return null;
    const template = JSON.parse(stored.body) as TaskTemplate;
    const type: TaskType = {
      templateId,
      plan: planTask(template),
      handlers: this.#handlersFor(template) ?? new Map(),
      checkContext: compileContextSchema(template),
      checkEvent: compileCustomEvents(template),
    };
    this.#byTemplateId.set(templateId, type);
    return type;
  }

  /**
   * Those of the same version; else of the newest one with the same major version. Deployed code has one version, and
   * a raised minor says that it still understands what began before. A raised major says that it does not: then
   * the old handlers must be registered beside the new, or an operator decides.
   */
  #handlersFor(template: TaskTemplate): TaskType['handlers'] | null {
    const same = this.#byFullName.get(fullTaskName(template));
    const others = this.#named(template.namespace, template.name).filter(
      ({ plan }) => majorOf(plan.template.version) === majorOf(template.version),
    );
    const candidates = same === undefined ? others : [same, ...others];
    const fitting = candidates.find(({ handlers }) => template.steps.every((step) => handlers.has(step.name)));
    return fitting?.handlers ?? null;
  }

  /** Newest version first. */
  #named(namespace: string, name: string): readonly TaskType[] {
    return this.all()
      .filter(({ plan: { template } }) => template.namespace === namespace && template.name === name)
      .toSorted((a, b) => compareVersions(b.plan.template.version, a.plan.template.version));
  }
}

function majorOf(version: string): string {
  return version.split('.', 1)[0] ?? version;
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map((part) => Number.parseInt(part, 10) || 0));
  for (let index = 0; index < 3; index += 1) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
