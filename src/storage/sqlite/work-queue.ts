import type { Database, Statement } from 'better-sqlite3';

import type { TakenTask, WorkQueue } from '../../execution/work-queue.ts';
import { TaskerError } from '../../shared/errors.ts';
import type { EngineLock } from './engine-lock.ts';
import { type Place, throwMapped } from './storage-errors.ts';
import type { Transactions } from './transaction.ts';

/** `among`: JSON array of the namespaces; null: all of them. */
type Ready = (now: number, limit: number, among: string | null) => readonly string[];

const inNamespaces = '(? is null or namespace in (select value from json_each(?)))';
type Among = [among: string | null, again: string | null];

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
    this.#due = dueByPriority(db);
    this.#overdue = overdue(db);
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

  async takeDue(now: number, limit: number, namespaces?: readonly string[]): Promise<readonly TakenTask[]> {
    return this.#takeReady(this.#due, now, limit, namespaces);
  }

  async takeOverdue(now: number, limit: number, namespaces?: readonly string[]): Promise<readonly TakenTask[]> {
    return this.#takeReady(this.#overdue, now, limit, namespaces);
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

  /** One engine to a file: nobody else makes a task due. */
  watch(): () => void {
    return () => undefined;
  }

  #takeReady(ready: Ready, now: number, limit: number, namespaces?: readonly string[]): readonly TakenTask[] {
    const worker = this.#worker();
    const among = namespaces === undefined ? null : JSON.stringify(namespaces);
    try {
      // Most of the time nothing has come due; that answer should cost neither a lock nor a flush.
      if (ready(now, 1, among).length === 0) return [];
      return this.#transactions.run(() => {
        const taken: TakenTask[] = [];
        for (const taskId of ready(now, Math.max(0, limit), among)) {
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

function overdue(db: Database): Ready {
  const statement = db
    .prepare<[now: number, ...Among, limit: number], string>(
      `select id from tasks where lease_worker is null and deadline_at is not null and deadline_at <= ?
         and ${inNamespaces}
       order by deadline_at, id limit ?`,
    )
    .pluck();
  return (now, limit, among) => statement.all(now, among, among, limit);
}

/**
 * One seek for each priority that waits. A single query in this order would step over all that is due later, and
 * there may be a million tasks for next month.
 */
function dueByPriority(db: Database): Ready {
  const waiting = 'from tasks where lease_worker is null and due_at is not null';
  const nextBelow = db.prepare<[number], number | null>(`select max(priority) ${waiting} and priority < ?`).pluck();
  const dueAt = db
    .prepare<[priority: number, now: number, ...Among, limit: number], string>(
      `select id ${waiting} and priority = ? and due_at <= ? and ${inNamespaces} order by due_at, id limit ?`,
    )
    .pluck();
  return (now, limit, among) => {
    const found: string[] = [];
    for (let below = Number.MAX_SAFE_INTEGER; found.length < limit;) {
      const priority = nextBelow.get(below) ?? null;
      if (priority === null) break;
      found.push(...dueAt.all(priority, now, among, among, limit - found.length));
      below = priority;
    }
    return found;
  };
}
