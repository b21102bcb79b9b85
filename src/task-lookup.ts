import type { Engine } from './execution/engine.ts';
import type { Storage } from './execution/storage.ts';
import type { StoredTask, TaskSnapshot } from './execution/task-store.ts';
import type { TaskTypes } from './execution/task-types.ts';
import { TaskerError } from './shared/errors.ts';
import { taskView } from './task-view.ts';
import { alreadyStopped } from './tasker-refusals.ts';
import type { TaskView } from './tasker.ts';
import type { TaskTemplate } from './tasks/template.ts';

export interface TaskLookupParts {
  readonly storage: Storage;
  readonly engine: Engine;
  readonly types: TaskTypes;
}

/** Finds a task where it is, and shows it in the words of the template that it began with. */
export class TaskLookup {
  readonly #parts: TaskLookupParts;
  readonly #isClosed: () => boolean;

  constructor(parts: TaskLookupParts, isClosed: () => boolean) {
    this.#parts = parts;
    this.#isClosed = isClosed;
  }

  /** @throws TaskerError `TASKER_TASK_NOT_FOUND` */
  async require(taskId: string): Promise<StoredTask> {
    const { storage, engine } = this.#parts;
    if (this.#isClosed()) throw alreadyStopped();
    // The engine's own connection sees its last commit at once; a reader beside it would only add a hop.
    const stored = engine.running ? await storage.tasks.load(taskId) : await storage.reader.get(taskId);
    if (stored === null)
      throw new TaskerError('TASKER_TASK_NOT_FOUND', `There is no task '${taskId}' in ${storage.location}.`, {
        details: { taskId },
      });
    return stored;
  }

  async view(snapshot: TaskSnapshot): Promise<TaskView> {
    return taskView(snapshot, await this.#templateOf(snapshot.task.templateId));
  }

  async #templateOf(templateId: string): Promise<TaskTemplate | null> {
    const { types, storage } = this.#parts;
    const known = types.template(templateId);
    if (known !== undefined) return known;
    const stored = await storage.templates.load(templateId);
    return stored === null ? null : (JSON.parse(stored.body) as TaskTemplate);
  }
}
