import { EngineWatch } from './execution/engine-watch.ts';
import type { Engine } from './execution/engine.ts';
import { isShared, type Storage } from './execution/storage.ts';
import type { TaskSnapshot } from './execution/task-store.ts';
import { type Clock, holdProcess } from './shared/clock.ts';
import type { TaskLookup } from './task-lookup.ts';
import { snapshotOf } from './task-view.ts';
import { requireNotAborted, stoppedFirst } from './tasker-refusals.ts';
import type { TaskView } from './tasker.ts';
import { isAtRest } from './tasks/readiness.ts';

export interface TaskWaitingParts {
  readonly engine: Engine;
  readonly storage: Storage;
  readonly clock: Clock;
}

const followIntervalMs = 100;
/** A task that this engine has may become another worker's, of which nobody here is told. */
const lookAgainMs = 1000;

/** Waits for tasks to come to rest, wherever they run. */
export class TaskWaiting {
  readonly #parts: TaskWaitingParts;
  readonly #tasks: TaskLookup;
  readonly #isStopping: () => boolean;

  constructor(parts: TaskWaitingParts, tasks: TaskLookup, isStopping: () => boolean) {
    this.#parts = parts;
    this.#tasks = tasks;
    this.#isStopping = isStopping;
  }

  async wait(taskId: string, { signal }: { readonly signal?: AbortSignal }): Promise<TaskView> {
    const { engine, storage, clock } = this.#parts;
    const letProcessEnd = holdProcess();
    const watch = new EngineWatch(storage.workers, clock);
    try {
      for (;;) {
        requireNotAborted(taskId, signal);
        // Listening starts before looking, so that an end in between is not missed.
        const change = this.#nextChange(taskId, signal);
        try {
          if (!engine.isMoving(taskId)) {
            const snapshot = snapshotOf(await this.#tasks.require(taskId));
            if (isAtRest(snapshot.state)) return await this.#tasks.view(snapshot);
            if (this.#isStopping() || (!engine.running && (await watch.isGone()))) throw stoppedFirst(taskId);
            if (engine.running) await engine.adopt(taskId);
          }
          const snapshot = await change.promise;
          if (snapshot !== null) return await this.#tasks.view(snapshot);
        } finally {
          change.forget();
        }
      }
    } finally {
      letProcessEnd();
    }
  }

  /** Resolves to the task when it has come to rest here; to null when it may be worth looking again. */
  #nextChange(
    taskId: string,
    signal: AbortSignal | undefined,
  ): { promise: Promise<TaskSnapshot | null>; forget: () => void } {
    const { engine, clock } = this.#parts;
    const { promise, resolve } = Promise.withResolvers<TaskSnapshot | null>();
    const lookAgain = (): void => resolve(null);
    signal?.addEventListener('abort', lookAgain, { once: true });
    const afterMs = this.#lookAgainAfterMs(taskId);
    const timer = afterMs === null ? null : clock.setTimer(afterMs, lookAgain);
    const stopListening = engine.running ? engine.onRest(taskId, resolve) : null;
    return {
      promise,
      forget() {
        timer?.cancel();
        stopListening?.();
        signal?.removeEventListener('abort', lookAgain);
      },
    };
  }

  /** null: this engine tells. */
  #lookAgainAfterMs(taskId: string): number | null {
    const { engine, storage } = this.#parts;
    if (!engine.running) return followIntervalMs;
    if (!isShared(storage)) return null;
    return engine.isMoving(taskId) ? lookAgainMs : followIntervalMs;
  }
}
