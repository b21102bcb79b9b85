import { TaskerError } from '../shared/errors.ts';
import { fullTaskName } from '../tasks/template.ts';
import type { TaskType } from './task-type.ts';

/** Templates whose tasks come by here and cannot go on here. Each is told of once: its tasks come by again and again. */
export class UnrunnableTemplates {
  readonly #onProblem: (error: unknown) => void;
  readonly #told = new Set<string>();

  constructor(onProblem: (error: unknown) => void) {
    this.#onProblem = onProblem;
  }

  warnOf(type: TaskType): void {
    if (this.#told.has(type.templateId)) return;
    this.#told.add(type.templateId);
    const name = fullTaskName(type.plan.template);
    this.#onProblem(
      new TaskerError(
        'TASKER_HANDLER_NOT_FOUND',
        `Tasks of ${name} wait: this process has no handlers for them. Register that version beside the new one, or cancel them.`,
        { details: { template: name } },
      ),
    );
  }
}
