import type { GroupResults } from '../../execution/storage.ts';
import type { Change, CommitResult } from '../../execution/task-store.ts';
import type { Progress } from '../../subscribers/subscriber-store.ts';
import { integerArray, textArray } from './binary-arrays.ts';
import type { Connections } from './connection.ts';
import { internalError } from './storage-errors.ts';

interface FoundRow {
  readonly id: string;
  readonly position: number;
}

/** A change of which it is not known whether it was written, known by its first event. */
interface Doubtful {
  /** The key of its writer's joining. */
  readonly worker: string;
  readonly taskId: string;
  readonly lease: number;
  readonly eventId: string;
}

/**
 * The connection was lost before the answer: the group may have been committed all the same. Deciding and writing it
 * again would put its facts into the log twice, and a task that it created would be this worker's with nobody here who
 * knows of it. So the log is asked first; when that cannot be reached either, as soon as it can be.
 */
export class DoubtfulGroups {
  readonly #connections: Connections;
  readonly #onFreed: () => unknown;
  #doubtful: readonly Doubtful[] = [];
  #settling: Promise<void> | null = null;

  /** `onFreed`: tasks were given back, which have no jobs yet. */
  constructor(connections: Connections, onFreed: () => unknown) {
    this.#connections = connections;
    this.#onFreed = onFreed;
  }

  /** What became of a group whose answer was lost with `error`; throws that where nothing of it was written, or none can tell. */
  async outcome(
    worker: string | null,
    changes: readonly Change[],
    parts: readonly Progress[],
    error: unknown,
  ): Promise<GroupResults> {
    const doubtful = worker === null ? [] : changes.flatMap((change) => doubtfulOf(worker, change));
    let found: ReadonlyMap<string, number>;
    try {
      found = await this.#found(doubtful);
    } catch {
      this.#doubtful = [...this.#doubtful, ...doubtful];
      throw error;
    }
    if (found.size === 0) throw error;
    const { place } = this.#connections;
    return {
      changes: changes.map((change): CommitResult => {
        const [first] = change.events;
        if (first === undefined) return { kind: 'committed', firstPosition: null };
        const firstPosition = found.get(first.id);
        if (firstPosition !== undefined) return { kind: 'committed', firstPosition };
        return change.create === undefined
          ? { kind: 'lease_lost' }
          : { kind: 'failed', error: internalError(error, place) };
      }),
      // Whoever is told so reads where it stands.
      progress: parts.map(() => ({ kind: 'stale' })),
    };
  }

  /**
   * Gives back what was committed though its writer was told that it was not: what it decides from there on is void,
   * and whoever takes the task next goes on from what is on disk.
   */
  settle(): Promise<void> {
    if (this.#doubtful.length === 0) return Promise.resolve();
    this.#settling ??= this.#settle().finally(() => (this.#settling = null));
    return this.#settling;
  }

  async #settle(): Promise<void> {
    const { side, schema } = this.#connections;
    const doubtful = this.#doubtful;
    const found = await this.#found(doubtful);
    const committed = doubtful.filter(({ eventId }) => found.has(eventId));
    if (committed.length > 0) {
      const freed = await side.run(
        `update ${schema}.tasks t set lease_worker = null, due_at = ${schema}.now_ms(), deadline_at = ${schema}.now_ms()
         from unnest($1::text[], $2::integer[], $3::text[]) as d(id, lease, worker)
         where t.id = d.id and t.lease_token = d.lease and t.lease_worker = d.worker`,
        [
          textArray(committed, ({ taskId }) => taskId),
          integerArray(committed, ({ lease }) => lease),
          textArray(committed, ({ worker }) => worker),
        ],
      );
      if (freed > 0) this.#onFreed();
    }
    this.#doubtful = this.#doubtful.filter((one) => !doubtful.includes(one));
  }

  /** The positions of those events that are in the log. */
  async #found(doubtful: readonly Doubtful[]): Promise<ReadonlyMap<string, number>> {
    if (doubtful.length === 0) return new Map();
    const { side, schema } = this.#connections;
    // Cut off, the server may still be at it; it has a hold on its worker's row meanwhile.
    const workers = [...new Set(doubtful.map(({ worker }) => worker))];
    await side.rows(`select from ${schema}.workers where id = any ($1) order by id for update`, [workers]);
    const rows = await side.rows<FoundRow>(
      `select e.id, e.position from unnest($1::text[], $2::text[]) as d(task_id, id)
       cross join lateral (select id, position from ${schema}.events
         where events.task_id = d.task_id collate "C" and events.id = d.id) as e`,
      [textArray(doubtful, ({ taskId }) => taskId), textArray(doubtful, ({ eventId }) => eventId)],
    );
    return new Map(rows.map(({ id, position }) => [id, position]));
  }
}

function doubtfulOf(worker: string, { taskId, lease, events }: Change): readonly Doubtful[] {
  const [first] = events;
  return first === undefined ? [] : [{ worker, taskId, lease: lease ?? 1, eventId: first.id }];
}
