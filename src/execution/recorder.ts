import type { Change, CommitResult, TaskStore } from './task-store.ts';

interface Waiting {
  readonly change: Change;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes state changes with their events, many tasks' changes in one transaction: they share one flush to disk.
 *
 * A change that finds the recorder idle is written in this turn of the event loop, together with all that the same
 * turn brings; what comes while a flush is under way forms the next group. So a lone task waits for nobody, and
 * fifty tasks in flight pay for one flush. There is at most one change per task under way, so the queue is bounded
 * by the tasks in memory.
 */
export class Recorder {
  readonly #store: TaskStore;
  readonly #maxGroup: number;
  #queue: Waiting[] = [];
  #active = false;
  #lastError: string | null = null;
  #whenIdle: (() => void)[] = [];

  constructor(store: TaskStore, maxGroup = 256) {
    this.#store = store;
    this.#maxGroup = maxGroup;
  }

  /** Changes accepted and not yet on disk. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Why the latest flush failed; null when it did not. */
  get lastError(): string | null {
    return this.#lastError;
  }

  /** Resolves when the change is on disk or was refused alone; rejects when the store took none of its group. */
  write(change: Change): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ change, resolve, reject });
      if (this.#active) return;
      this.#active = true;
      setImmediate(() => void this.#flush());
    });
  }

  /** Resolves once everything accepted so far has been written or rejected. */
  async drain(): Promise<void> {
    if (this.#active) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  async #flush(): Promise<void> {
    const group = this.#queue.slice(0, this.#maxGroup);
    this.#queue = this.#queue.slice(group.length);
    try {
      const results = await this.#store.commit(group.map((waiting) => waiting.change));
      this.#lastError = null;
      for (const [index, waiting] of group.entries()) {
        const result = results[index];
        if (result?.kind === 'failed') this.#lastError = result.error.message;
        if (result === undefined) waiting.reject(new Error('the store gave fewer results than changes'));
        else waiting.resolve(result);
      }
    } catch (error) {
      this.#lastError = error instanceof Error ? error.message : String(error);
      for (const waiting of group) waiting.reject(error);
    }
    // One turn of the loop between flushes: what the committed changes set going joins the next group.
    setImmediate(() => {
      if (this.#queue.length > 0) {
        void this.#flush();
        return;
      }
      this.#active = false;
      for (const resolve of this.#whenIdle.splice(0)) resolve();
    });
  }
}
