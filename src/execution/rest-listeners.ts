import type { TaskRun } from './task-run.ts';
import type { TaskSnapshot } from './task-store.ts';

/** null: the engine has stopped, and cannot tell any more. */
export type RestListener = (task: TaskSnapshot | null) => void;

/** Who waits for which task to end or to be parked. Each is called once. */
export class RestListeners {
  readonly #byTask = new Map<string, Set<RestListener>>();

  /** Returns what takes the listener back. */
  add(taskId: string, listener: RestListener): () => void {
    const listeners = this.#byTask.get(taskId) ?? new Set();
    listeners.add(listener);
    this.#byTask.set(taskId, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#byTask.get(taskId) === listeners) this.#byTask.delete(taskId);
    };
  }

  announce({ id, task, state }: TaskRun): void {
    const listeners = this.#byTask.get(id);
    if (listeners === undefined || state === null) return;
    this.#byTask.delete(id);
    const { row, results, annotations } = task;
    const snapshot = { task: row, state, resultOf: (step: string) => results.get(step), annotations: [...annotations] };
    for (const listener of listeners) listener(snapshot);
  }

  stopped(): void {
    for (const listeners of this.#byTask.values()) for (const listener of listeners) listener(null);
    this.#byTask.clear();
  }
}
