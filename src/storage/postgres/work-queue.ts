import type { TakenTask, WorkQueue } from '../../execution/work-queue.ts';
import type { Clock } from '../../shared/clock.ts';
import { isTaskerError, TaskerError } from '../../shared/errors.ts';
import { parameters } from './append-events.ts';
import { textArray } from './binary-arrays.ts';
import { type Connections, mapped } from './connection.ts';
import { type JobQueue, queueOf, type WakeUp } from './job-queue.ts';
import type { Membership } from './membership.ts';
import { isConnectionLost } from './storage-errors.ts';
import { untilNoConflict } from './transaction.ts';

interface TakenRow {
  readonly task_id: string;
  readonly lease: number;
}

/** How a process learns of news from others; `notifications.ts` has it over NOTIFY. */
export type Watch = (onNews: () => void) => () => void;

// Each batch reads all that is due and all jobs: 200,000 take 68 s by 1,000 and 22 s by 5,000.
const repairBatch = 5_000;
const repairEveryMs = 60_000;
/** What is freed is due by the database's clock, of which this process knows no more than what it makes of it. */
const clockMarginMs = 1_000;

/**
 * Due tasks are given out by their jobs, but the tasks' own rows are the truth: a job that is lost is put in again, and
 * one that is left over finds its task taken.
 */
export class PostgresWorkQueue implements WorkQueue {
  readonly #connections: Connections;
  readonly #membership: Membership;
  readonly #jobs: JobQueue;
  readonly #clock: Clock;
  readonly #watch: Watch;
  #repairedAt = -Infinity;
  /** It came up while there was something to give out. */
  #untold: { readonly error: unknown } | null = null;
  #repairing: Promise<void> = Promise.resolve();

  constructor(connections: Connections, membership: Membership, jobs: JobQueue, clock: Clock, watch: Watch) {
    this.#connections = connections;
    this.#membership = membership;
    this.#jobs = jobs;
    this.#clock = clock;
    this.#watch = watch;
  }

  async takeDue(now: number, limit: number, namespaces?: readonly string[]): Promise<readonly TakenTask[]> {
    const worker = this.#worker();
    return mapped(this.#connections.place, async () => {
      if (limit <= 0) return [];
      const untold = this.#untold;
      this.#untold = null;
      if (untold !== null) throw untold.error;
      await this.#repairing;
      // Most of the time nothing has come due; that answer should cost no write.
      const due = await this.#namespacesDue(now, namespaces);
      if (due.length === 0) return [];
      const neglected = this.#clock.monotonicMs() - this.#repairedAt > repairEveryMs;
      const failed = neglected ? await this.#failureToRepair(due, now) : null;
      const taken = await this.#take(worker, now, limit, due);
      if (taken.length > 0) {
        this.#untold = failed;
        return taken;
      }
      if (failed !== null) throw failed.error;
      if (neglected || !(await this.#repair(due, now))) return [];
      return this.#take(worker, now, limit, due);
    });
  }

  async takeOverdue(now: number, limit: number, namespaces?: readonly string[]): Promise<readonly TakenTask[]> {
    const worker = this.#worker();
    const { place, side, schema } = this.#connections;
    const sql = `select * from ${schema}.take_overdue_v1($1, $2, $3, $4)`;
    const values = [worker, now, Math.max(0, limit), namespaces ?? null];
    return mapped(place, async () => {
      const rows = await this.#membership.holding(() => untilNoConflict(() => side.rows<TakenRow>(sql, values)));
      return rows.map(toTaken);
    });
  }

  async takeOne(taskId: string): Promise<TakenTask | null> {
    const worker = this.#worker();
    const { place, side, schema } = this.#connections;
    return mapped(place, async () => {
      const sql = `select ${schema}.take_one_v1($1, $2) as lease`;
      const [row] = await this.#membership.holding(() =>
        side.rows<{ readonly lease: number | null }>(sql, [worker, taskId]),
      );
      const lease = row?.lease ?? null;
      return lease === null ? null : { taskId, lease };
    });
  }

  async nextAt(): Promise<number | null> {
    const { place, side, schema } = this.#connections;
    return mapped(place, async () => {
      const [row] = await side.rows<{ readonly at: number | null }>(
        `select least((select min(due_at) from ${schema}.first_due_v1()),
           (select min(deadline_at) from ${schema}.tasks where lease_worker is null and deadline_at is not null)) as at`,
      );
      return row?.at ?? null;
    });
  }

  watch(onNews: () => void): () => void {
    return this.#watch(onNews);
  }

  /** For whoever has just freed tasks: they have no jobs yet. Where it fails, who comes for them finds out himself. */
  repairSoon(): Promise<void> {
    this.#repairing = this.#repairing.then(() => this.repair(this.#clock.now() + clockMarginMs)).catch(() => undefined);
    return this.#repairing;
  }

  /** Gives a job to each task that is due at this moment and has none. */
  async repair(now: number): Promise<void> {
    await this.#repair(await this.#namespacesDue(now), now);
  }

  async #namespacesDue(now: number, among?: readonly string[]): Promise<readonly string[]> {
    const { side, schema } = this.#connections;
    const rows = await side.rows<{ readonly namespace: string }>(
      `select namespace from ${schema}.first_due_v1() where due_at <= $1 and ($2::text[] is null or namespace = any ($2))`,
      [now, among ?? null],
    );
    return rows.map(({ namespace }) => namespace);
  }

  async #take(
    worker: string,
    now: number,
    limit: number,
    namespaces: readonly string[],
  ): Promise<readonly TakenTask[]> {
    const { side, schema } = this.#connections;
    const sql = `select * from ${schema}.take_due_v1(${parameters(8)})`;
    return this.#withJobs(async () => {
      const taking = await this.#jobs.taking(namespaces, limit);
      const statements = [
        textArray(taking, ({ queue }) => queue),
        textArray(taking, ({ fetch }) => fetch),
        textArray(taking, ({ complete }) => complete),
        textArray(taking, ({ cancel }) => cancel),
        textArray(taking, ({ resume }) => resume),
      ];
      const values = [worker, now, limit, ...statements];
      const rows = await this.#membership.holding(() => untilNoConflict(() => side.rows<TakenRow>(sql, values)));
      return rows.map(toTaken);
    });
  }

  /** Those that have jobs need not wait for it: it is tried again in its time. Without the storage nothing can be taken. */
  async #failureToRepair(namespaces: readonly string[], now: number): Promise<{ readonly error: unknown } | null> {
    try {
      await this.#repair(namespaces, now);
      return null;
    } catch (error) {
      if (isTaskerError(error) || isConnectionLost(error)) throw error;
      this.#repairedAt = this.#clock.monotonicMs();
      return { error };
    }
  }

  /** Due tasks without a job get one; false when there was none. */
  async #repair(namespaces: readonly string[], now: number): Promise<boolean> {
    const { side } = this.#connections;
    let repaired = false;
    for (const namespace of namespaces) {
      for (let found = repairBatch; found === repairBatch;) {
        found = await this.#withJobs(async () => {
          const [enqueueing] = await this.#jobs.enqueueing(await this.#withoutJob(namespace, now));
          if (enqueueing === undefined) return 0;
          await side.run(enqueueing.sql, [enqueueing.jobs]);
          repaired = true;
          return (JSON.parse(enqueueing.jobs) as readonly unknown[]).length;
        });
      }
    }
    this.#repairedAt = this.#clock.monotonicMs();
    return repaired;
  }

  async #withoutJob(namespace: string, now: number): Promise<readonly WakeUp[]> {
    // There must be tables to look into.
    await this.#jobs.taking([namespace], 1);
    const { side, schema } = this.#connections;
    // A full join, since PostgreSQL has no nested loop for one: each side is read once. For `not exists` it reads the jobs
    // anew for each task where its statistics know of neither, as when a backlog grew while nobody worked; 50,000 tasks
    // take more than a minute then, and this 80 ms.
    return side.rows<WakeUp>(
      `select t.*, 1 as at
       from (
         select id as "taskId", namespace, priority, due_at as "dueAt", lease_token as token from ${schema}.tasks
         where namespace = $1 and lease_worker is null and due_at is not null and due_at <= $2) t
       full join (
         select singleton_key as task, data ->> 'token' as token from ${this.#jobs.schema}.job
         where name = $3 and state < 'active' and singleton_key is not null) j
         on j.task = t."taskId" and j.token = t.token::text
       where j.task is null
       order by t."dueAt" limit ${repairBatch}`,
      [namespace, now, queueOf(namespace)],
    );
  }

  async #withJobs<T>(use: () => Promise<T>): Promise<T> {
    try {
      return await use();
    } catch (error) {
      if (!(await this.#jobs.recover(error))) throw error;
      return use();
    }
  }

  #worker(): string {
    const worker = this.#membership.key;
    if (worker !== null) return worker;
    throw new TaskerError(
      'TASKER_ENGINE_NOT_RUNNING',
      `Only an engine takes tasks, and this process has not joined '${this.#connections.place.location}' as one. Start it first.`,
    );
  }
}

function toTaken({ task_id, lease }: TakenRow): TakenTask {
  return { taskId: task_id, lease };
}
