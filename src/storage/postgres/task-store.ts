import type { GroupResults } from '../../execution/storage.ts';
import type { Change, CommitResult, StoredTask, TaskStore } from '../../execution/task-store.ts';
import type { Progress, ProgressResult } from '../../subscribers/subscriber-store.ts';
import { GroupWriter } from './commit-group.ts';
import { type Connections, mapped, type Queries } from './connection.ts';
import { DoubtfulGroups } from './doubtful-group.ts';
import type { JobQueue, WakeUp } from './job-queue.ts';
import { TaskLoader } from './load-task.ts';
import type { Membership } from './membership.ts';
import { internalError, isConnectionLost, toStorageError } from './storage-errors.ts';
import { part, untilNoConflict } from './transaction.ts';

const nothing: GroupResults = { changes: [], progress: [] };

type Waiting = Pick<WakeUp, 'namespace' | 'priority'>;

export class PostgresTaskStore implements TaskStore {
  readonly #connections: Connections;
  readonly #membership: Membership;
  readonly #jobs: JobQueue;
  readonly #writer: GroupWriter;
  readonly #loader: TaskLoader;
  readonly #doubts: DoubtfulGroups;

  /** `onFreed`: tasks were given back, which have no jobs yet. */
  constructor(
    connections: Connections,
    membership: Membership,
    jobs: JobQueue,
    onFreed: () => unknown = () => undefined,
  ) {
    this.#connections = connections;
    this.#membership = membership;
    this.#jobs = jobs;
    this.#writer = new GroupWriter(connections.schema);
    this.#loader = new TaskLoader(connections.side, connections.schema);
    this.#doubts = new DoubtfulGroups(connections, onFreed);
  }

  async commit(changes: readonly Change[]): Promise<readonly CommitResult[]> {
    return (await this.commitGroup(changes, [])).changes;
  }

  async commitGroup(changes: readonly Change[], parts: readonly Progress[]): Promise<GroupResults> {
    if (changes.length + parts.length === 0) return nothing;
    const { place } = this.#connections;
    return mapped(place, async () => {
      await this.#doubts.settle();
      // Of one joining whatever is tried: a group in doubt is looked for in the name that it was sent in.
      const worker = this.#membership.key;
      try {
        return await this.#membership.holding(() => this.#commitGroup(worker, changes, parts));
      } catch (error) {
        if (!isConnectionLost(error)) throw error;
        return this.#doubts.outcome(worker, changes, parts, error);
      }
    });
  }

  /** Finds out, where it is not known, whether what was written last has been committed. */
  settleDoubts(): Promise<void> {
    return mapped(this.#connections.place, () => this.#doubts.settle());
  }

  load(taskId: string): Promise<StoredTask | null> {
    return mapped(this.#connections.place, () => this.#loader.load(taskId));
  }

  async #commitGroup(
    worker: string | null,
    changes: readonly Change[],
    parts: readonly Progress[],
  ): Promise<GroupResults> {
    if (areOfDistinctTasks(changes)) {
      try {
        return await this.#together(worker, changes, parts);
      } catch (error) {
        if (toStorageError(error, this.#connections.place) !== null) throw error;
      }
    }
    return this.#apart(worker, changes, parts);
  }

  async #together(
    worker: string | null,
    changes: readonly Change[],
    parts: readonly Progress[],
  ): Promise<GroupResults> {
    const { writer, side } = this.#connections;
    return this.#withJobs(() => untilNoConflict(() => this.#write(writer, side, worker, changes, parts)));
  }

  /** The second try of a group in which something is broken: a savepoint for each, so that the others go through. */
  async #apart(worker: string | null, changes: readonly Change[], parts: readonly Progress[]): Promise<GroupResults> {
    const { writer, side } = this.#connections;
    return this.#withJobs(() =>
      writer.transaction(async (queries) => {
        const ofChanges: CommitResult[] = [];
        const ofParts: ProgressResult[] = [];
        for (const change of changes) {
          const written = await this.#part(queries, () => this.#write(queries, queries, worker, [change], []));
          if ('error' in written) ofChanges.push({ kind: 'failed', error: written.error });
          else ofChanges.push(...written.changes);
        }
        for (const progress of parts) {
          const written = await this.#part(queries, () => this.#write(queries, side, worker, [], [progress]));
          if ('error' in written) ofParts.push({ kind: 'failed', error: written.error });
          else ofParts.push(...written.progress);
        }
        return { changes: ofChanges, progress: ofParts };
      }),
    );
  }

  async #part(queries: Queries, write: () => Promise<GroupResults>) {
    const { place } = this.#connections;
    try {
      return await part(queries, write);
    } catch (error) {
      if (toStorageError(error, place) !== null) throw error;
      return { error: internalError(error, place) };
    }
  }

  /** `look`: where tasks are found that a change before in the same transaction may have created. */
  async #write(
    queries: Queries,
    look: Queries,
    worker: string | null,
    changes: readonly Change[],
    parts: readonly Progress[],
  ) {
    const enqueueing = await this.#jobs.enqueueing(await this.#wakeUps(look, changes));
    return this.#writer.write(queries, worker, changes, parts, enqueueing);
  }

  async #wakeUps(look: Queries, changes: readonly Change[]): Promise<readonly WakeUp[]> {
    const released = changes.filter(({ release }) => (release?.dueAt ?? null) !== null);
    if (released.length === 0) return [];
    const known = await this.#waiting(look, released);
    return changes.flatMap((change, index): readonly WakeUp[] => {
      const { taskId, create, lease, release } = change;
      const waiting = create ?? known.get(taskId);
      const dueAt = release?.dueAt ?? null;
      if (waiting === undefined || dueAt === null) return [];
      const { namespace, priority } = waiting;
      return [{ taskId, namespace, priority, dueAt, token: lease ?? 0, at: index + 1 }];
    });
  }

  /** Namespace and priority of tasks that were there before: neither ever changes. */
  async #waiting(look: Queries, changes: readonly Change[]): Promise<ReadonlyMap<string, Waiting>> {
    const ids = changes.filter(({ create }) => create === undefined).map(({ taskId }) => taskId);
    if (ids.length === 0) return new Map();
    const rows = await look.rows<Waiting & { readonly id: string }>(
      `select id, namespace, priority from ${this.#connections.schema}.tasks where id = any ($1)`,
      [ids],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  async #withJobs<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      if (!(await this.#jobs.recover(error))) throw error;
      return write();
    }
  }
}

function areOfDistinctTasks(changes: readonly Change[]): boolean {
  return new Set(changes.map(({ taskId }) => taskId)).size === changes.length;
}
