import type { Database, Statement } from 'better-sqlite3';

import type { FactsOfJoining, LostWorker, Renewal, WorkerInfo, WorkerRegistry } from '../../execution/workers.ts';
import type { NewEvent } from '../../log/event-log.ts';
import type { Clock } from '../../shared/clock.ts';
import { TaskerError } from '../../shared/errors.ts';
import type { EventAppender } from './append-events.ts';
import type { EngineLock } from './engine-lock.ts';
import { MovedGuard } from './moved.ts';
import { type Place, throwMapped } from './storage-errors.ts';
import type { Transactions } from './transaction.ts';

interface WorkerRow {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  readonly started_at: number;
}

export class SqliteWorkers implements WorkerRegistry {
  /** Whoever has the lock is the engine, and it goes with its process. */
  readonly leaseMs = null;
  readonly #place: Place;
  readonly #lock: EngineLock;
  readonly #transactions: Transactions;
  readonly #events: EventAppender;
  readonly #clock: Clock;
  readonly #moved: MovedGuard;
  readonly #joined: Statement<[], WorkerRow>;
  readonly #heldBy: Statement<[string], number>;
  readonly #freeAll: Statement<[number, number]>;
  readonly #insert: Statement<[string, number, string, number]>;
  readonly #deleteAll: Statement<[]>;

  constructor(
    db: Database,
    place: Place,
    lock: EngineLock,
    transactions: Transactions,
    events: EventAppender,
    clock: Clock,
  ) {
    this.#place = place;
    this.#lock = lock;
    this.#transactions = transactions;
    this.#events = events;
    this.#clock = clock;
    this.#moved = new MovedGuard(db, place);
    this.#joined = db.prepare('select id, pid, host, started_at from workers order by started_at, id');
    this.#heldBy = db.prepare<[string], number>('select count(*) from tasks where lease_worker = ?').pluck();
    // Looked at for their SLAs at once, also when there is no room to run them: which comes next is in the steps.
    this.#freeAll = db.prepare(
      'update tasks set lease_worker = null, due_at = ?, deadline_at = ? where lease_worker is not null',
    );
    this.#insert = db.prepare('insert into workers (id, pid, host, started_at) values (?, ?, ?, ?)');
    this.#deleteAll = db.prepare('delete from workers');
  }

  async join(worker: WorkerInfo, facts: FactsOfJoining): Promise<number | null> {
    if (!this.#lock.acquire(worker.id)) throw this.#alreadyRunning();
    try {
      return this.#transactions.run(() => {
        this.#moved.requireHere();
        // The lock is ours alone, so whoever is still listed is gone.
        const lost = this.#joined.all().map((row) => this.#toLost(row));
        this.#freeHeld();
        this.#deleteAll.run();
        this.#insert.run(worker.id, worker.pid, worker.host, worker.startedAt);
        return this.#events.append(facts(lost, false));
      });
    } catch (error) {
      this.#lock.release();
      return throwMapped(error, this.#place);
    }
  }

  async renew(workerId: string): Promise<Renewal> {
    return { held: this.#lock.workerId === workerId, othersLapsed: false };
  }

  async voidLost(): Promise<number | null> {
    // Whoever has joined is alone: who was there before was voided by that.
    return null;
  }

  async note(workerId: string, events: readonly NewEvent[]): Promise<number | null> {
    if (this.#lock.workerId !== workerId) return null;
    try {
      return this.#transactions.run(() => this.#events.append(events));
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }

  async leave(workerId: string, events: readonly NewEvent[]): Promise<number | null> {
    // Leases of one who is not the engine are not his to give back.
    if (this.#lock.workerId !== workerId) return null;
    let position: number | null;
    try {
      position = this.#transactions.run(() => {
        this.#freeHeld();
        this.#deleteAll.run();
        return this.#events.append(events);
      });
    } catch (error) {
      return throwMapped(error, this.#place);
    }
    this.#lock.release();
    return position;
  }

  async isEngineRunning(): Promise<boolean> {
    return this.#lock.isHeld();
  }

  #freeHeld(): void {
    const now = this.#clock.now();
    this.#freeAll.run(now, now);
  }

  #toLost(row: WorkerRow): LostWorker {
    const tasksHeld = this.#heldBy.get(row.id) ?? 0;
    return { id: row.id, pid: row.pid, host: row.host, startedAt: row.started_at, tasksHeld };
  }

  #alreadyRunning(): TaskerError {
    const [holder] = this.#joined.all();
    const who = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`;
    return new TaskerError(
      'TASKER_ENGINE_ALREADY_RUNNING',
      `The storage '${this.#place.location}' already has an engine: ${who}. Stop it first, or give this one a file of its own.`,
      {
        details: {
          location: this.#place.location,
          ...(holder === undefined ? {} : { pid: holder.pid, host: holder.host }),
        },
      },
    );
  }
}
