import { TaskerError } from '../shared/errors.ts';
import type { RunMode } from './decider.ts';
import type { Storage } from './storage.ts';
import type { TaskRun } from './task-run.ts';
import type { Input } from './turn.ts';
import type { TakenTask } from './work-queue.ts';

export type InputOfRun = (run: TaskRun) => Input;

/** A task on its way into memory. What is asked of it meanwhile is decided in its first turn, before a handler is called. */
export interface Loading {
  /** null when there is no such task any more, or this engine had it already. */
  readonly run: Promise<TaskRun | null>;
  readonly inputs: InputOfRun[];
}

export interface TaskLoadingOptions {
  readonly storage: Pick<Storage, 'queue' | 'tasks'>;
  /** Whether this engine has it in memory. */
  readonly holds: (taskId: string) => boolean;
  /** `inputs` are complete when it has nothing more to wait for. */
  readonly load: (taken: TakenTask, mode: RunMode, inputs: readonly InputOfRun[]) => Promise<TaskRun | null>;
}

/** Tasks that an engine is bringing into memory, each once. */
export class TaskLoading {
  readonly #options: TaskLoadingOptions;
  readonly #underWay = new Map<string, Loading>();

  constructor(options: TaskLoadingOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#underWay.size;
  }

  get(taskId: string): Loading | undefined {
    return this.#underWay.get(taskId);
  }

  /** Of a task that was taken already. */
  takeUp(taken: TakenTask, mode: RunMode): Promise<TaskRun | null> {
    return this.#begin(taken.taskId, (inputs) => this.#options.load(taken, mode, inputs)).run;
  }

  takeOne(taskId: string): Loading {
    const { storage, holds, load } = this.#options;
    const takenHere = (): boolean => holds(taskId) || this.#underWay.get(taskId) !== loading;
    const loading = this.#begin(taskId, async (inputs) => {
      const taken = await storage.queue.takeOne(taskId);
      return taken === null ? this.#notTaken(taskId, takenHere) : load(taken, 'advance', inputs);
    });
    return loading;
  }

  async settled(): Promise<void> {
    await Promise.allSettled([...this.#underWay.values()].map(({ run }) => run));
  }

  /** Somebody has the task: this engine, if it took it in the very same moment, or another. */
  async #notTaken(taskId: string, takenHere: () => boolean): Promise<null> {
    const stored = await this.#options.storage.tasks.load(taskId);
    // What was taken just before is in this engine's hands by the end of this turn.
    await new Promise((resolve) => setImmediate(resolve));
    if (takenHere()) return null;
    throw stored === null
      ? new TaskerError('TASKER_TASK_NOT_FOUND', `There is no task '${taskId}'.`, { details: { taskId } })
      : new TaskerError('TASKER_LEASE_LOST', `Task '${taskId}' is held by another engine; ask that one.`, {
          details: { taskId },
        });
  }

  #begin(taskId: string, load: (inputs: readonly InputOfRun[]) => Promise<TaskRun | null>): Loading {
    const inputs: InputOfRun[] = [];
    const run = load(inputs).finally(() => {
      if (this.#underWay.get(taskId) === loading) this.#underWay.delete(taskId);
    });
    const loading = { run, inputs };
    this.#underWay.set(taskId, loading);
    return loading;
  }
}
