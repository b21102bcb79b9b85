import type { Database, Statement } from 'better-sqlite3';

import type { TakenTask, WorkQueue } from '../../execution/work-queue.ts';
import { TaskerError } from '../../shared/errors.ts';
import type { EngineLock } from './engine-lock.ts';
import { type Place, throwMapped } from './storage-errors.ts';
import type { Transactions } from './transaction.ts';

type Ready = Statement<[now: number, limit: number], string>;

export class SqliteWorkQueue implements WorkQueue {
  readonly #place: Place;
  readonly #lock: EngineLock;
  readonly #transactions: Transactions;
  readonly #due: Ready;
  readonly #overdue: Ready;
  readonly #take: Statement<[string, string], number>;
  readonly #takeFree: Statement<[string, string], number>;
  readonly #next: Statement<[], number | null>;

  constructor(db: Database, place: Place, lock: EngineLock, transactions: Transactions) {
    this.#place = place;
    this.#lock = lock;
    this.#transactions = transactions;
    const ready = (column: string): Ready =>
      db
        .prepare<[number, number], string>(
          `select id from tasks where lease_worker is null and ${column} is not null and ${column} <= ?
           order by ${column}, id limit ?`,
        )
        .pluck();
    this.#due = ready('due_at');
    this.#overdue = ready('deadline_at');
    const take = 'update tasks set lease_worker = ?, lease_token = lease_token + 1, due_at = null, deadline_at = null';
    this.#take = db.prepare<[string, string], number>(`${take} where id = ? returning lease_token`).pluck();
    this.#takeFree = db
      .prepare<[string, string], number>(`${take} where id = ? and lease_worker is null returning lease_token`)
      .pluck();
    this.#next = db
      .prepare<[], number | null>(
        `select min(at) from (
           select min(due_at) as at from tasks where lease_worker is null and due_at is not null
           union all
           select min(deadline_at) from tasks where lease_worker is null and deadline_at is not null)`,
      )
      .pluck();
  }

  async takeDue(now: number, limit: number): Promise<readonly TakenTask[]> {
    return this.#takeReady(this.#due, now, limit);
  }

  async takeOverdue(now: number, limit: number): Promise<readonly TakenTask[]> {
    return this.#takeReady(this.#overdue, now, limit);
  }

  async takeOne(taskId: string): Promise<TakenTask | null> {
    const worker = this.#worker();
    try {
      const lease = this.#transactions.run(() => this.#takeFree.get(worker, taskId));
      return lease === undefined ? null : { taskId, lease };
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }

  async nextAt(): Promise<number | null> {
    try {
      return this.#next.get() ?? null;
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }

  #takeReady(ready: Ready, now: number, limit: number): readonly TakenTask[] {
    const worker = this.#worker();
    try {
      // Most of the time nothing has come due; that answer should cost neither a lock nor a flush.
      if (ready.all(now, 1).length === 0) return [];
      return this.#transactions.run(() => {
        const taken: TakenTask[] = [];
        for (const taskId of ready.all(now, Math.max(0, limit))) {
          const lease = this.#take.get(worker, taskId);
          if (lease !== undefined) taken.push({ taskId, lease });
        }
        return taken;
      });
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }

  #worker(): string {
    const worker = this.#lock.workerId;
    if (worker !== null) return worker;
    throw new TaskerError(
      'TASKER_ENGINE_NOT_RUNNING',
      `Only the engine takes tasks, and this process has not joined '${this.#place.location}' as one. Start it first.`,
    );
  }
}
