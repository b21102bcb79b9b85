import type { Progress, ProgressResult } from '../subscribers/subscriber-store.ts';
import type { CommittedEvents } from '../log/event-log.ts';
import { errorMessage } from '../shared/errors.ts';
import type { GroupResults, Storage } from './storage.ts';
import type { Change, CommitResult } from './task-store.ts';

interface Waiting<Part, Result> {
  readonly part: Part;
  readonly bytes: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

type WaitingChange = Waiting<Change, CommitResult>;
type WaitingProgress = Waiting<Progress, ProgressResult>;

export interface RecorderLimits {
  /** Changes of one flush. */
  readonly maxGroup?: number;
  /** What subscribers may add to one flush, roughly; a single part may be larger. */
  readonly maxProgressBytes?: number;
}

/**
 * Writes state changes with their events, many tasks' changes in one transaction: they share one flush to disk.
 *
 * A change that finds the recorder idle is written in this turn of the event loop, together with all that the same
 * turn brings; what comes while a flush is under way forms the next group. So a lone task waits for nobody, and
 * fifty tasks in flight pay for one flush. There is at most one change per task under way, so the queue is bounded
 * by the tasks in memory.
 *
 * Subscribers' progress rides along: after the engine's changes, and no more of it than a flush can bear. There is
 * at most one part per subscriber under way.
 */
export class Recorder {
  readonly #storage: Pick<Storage, 'tasks' | 'commitGroup'>;
  readonly #maxGroup: number;
  readonly #maxProgressBytes: number;
  #changes: WaitingChange[] = [];
  #progress: WaitingProgress[] = [];
  #active = false;
  #lastError: string | null = null;
  #whenIdle: (() => void)[] = [];
  #onEvents: (committed: readonly CommittedEvents[]) => void = () => undefined;

  constructor(storage: Pick<Storage, 'tasks' | 'commitGroup'>, limits: RecorderLimits = {}) {
    this.#storage = storage;
    this.#maxGroup = limits.maxGroup ?? 256;
    this.#maxProgressBytes = limits.maxProgressBytes ?? 1_048_576;
  }

  /** Changes accepted and not yet on disk. */
  get queued(): number {
    return this.#changes.length;
  }

  /** Why the latest flush failed; null when it did not. */
  get lastError(): string | null {
    return this.#lastError;
  }

  /** Calls back after every commit that brought events, with these in their order. The callback must neither throw nor wait. */
  set onEvents(callback: (committed: readonly CommittedEvents[]) => void) {
    this.#onEvents = callback;
  }

  /** Resolves when the change is on disk or was refused alone; rejects when the store took none of its group. */
  write(change: Change): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      this.#changes.push({ part: change, bytes: 0, resolve, reject });
      this.#begin();
    });
  }

  /** The same for a subscriber's progress, whose size in bytes is roughly known. */
  save(part: Progress, bytes: number): Promise<ProgressResult> {
    return new Promise((resolve, reject) => {
      this.#progress.push({ part, bytes, resolve, reject });
      this.#begin();
    });
  }

  /** Resolves once everything accepted so far has been written or rejected. */
  async drain(): Promise<void> {
    if (this.#active) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  #begin(): void {
    if (this.#active) return;
    this.#active = true;
    setImmediate(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    const changes = this.#changes.slice(0, this.#maxGroup);
    this.#changes = this.#changes.slice(changes.length);
    const progress = this.#takeProgress();
    try {
      const results = await this.#commit(changes, progress);
      this.#lastError = null;
      settle(changes, results.changes, (result, waiting) => {
        if (result.kind === 'failed') this.#lastError = result.error.message;
        waiting.resolve(result);
      });
      settle(progress, results.progress, (result, waiting) => waiting.resolve(result));
      const committed = [...eventsOf(changes, results.changes), ...eventsOf(progress, results.progress)];
      if (committed.length > 0) this.#onEvents(committed);
    } catch (error) {
      this.#lastError = errorMessage(error);
      for (const waiting of [...changes, ...progress]) waiting.reject(error);
    }
    // One turn of the loop between flushes: what the committed changes set going joins the next group.
    setImmediate(() => {
      if (this.#changes.length > 0 || this.#progress.length > 0) {
        void this.#flush();
        return;
      }
      this.#active = false;
      for (const resolve of this.#whenIdle.splice(0)) resolve();
    });
  }

  async #commit(changes: readonly WaitingChange[], progress: readonly WaitingProgress[]): Promise<GroupResults> {
    const ofTasks = changes.map(({ part }) => part);
    if (progress.length === 0) return { changes: await this.#storage.tasks.commit(ofTasks), progress: [] };
    return this.#storage.commitGroup(
      ofTasks,
      progress.map(({ part }) => part),
    );
  }

  #takeProgress(): readonly WaitingProgress[] {
    let bytes = 0;
    let count = 0;
    for (const waiting of this.#progress) {
      bytes += waiting.bytes;
      if (count > 0 && bytes > this.#maxProgressBytes) break;
      count += 1;
    }
    return this.#progress.splice(0, count);
  }
}

function settle<Part, Result>(
  group: readonly Waiting<Part, Result>[],
  results: readonly Result[],
  tell: (result: Result, waiting: Waiting<Part, Result>) => void,
): void {
  for (const [index, waiting] of group.entries()) {
    const result = results[index];
    if (result === undefined) waiting.reject(new Error('the store gave fewer results than it was given'));
    else tell(result, waiting);
  }
}

/** Of the parts that were written, in their order, which is that of their positions. */
function eventsOf(
  group: readonly { readonly part: Change | Progress }[],
  results: readonly (CommitResult | ProgressResult)[],
): CommittedEvents[] {
  return group.flatMap(({ part }, index) => {
    const result = results[index];
    if (result === undefined || !('firstPosition' in result) || result.firstPosition === null) return [];
    return 'events' in part ? [{ firstPosition: result.firstPosition, events: part.events }] : [];
  });
}
