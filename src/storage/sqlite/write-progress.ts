import type { Database, Statement } from 'better-sqlite3';

import type { ParkedEvent, Progress, ProgressResult } from '../../subscribers/subscriber-store.ts';
import type { EventAppender } from './append-events.ts';
import type { EngineLock } from './engine-lock.ts';
import { internalError, type Place, toStorageError } from './storage-errors.ts';
import type { Transactions } from './transaction.ts';

type Of<Kind extends Progress['kind']> = Extract<Progress, { kind: Kind }>;

/** Thrown to undo a part that no longer fits; never leaves this file. */
class Stale extends Error {}

/** Writes subscribers' progress, inside the transaction of a group, each part in a savepoint of its own. */
export class ProgressSaver {
  readonly #db: Database;
  readonly #place: Place;
  readonly #lock: EngineLock;
  readonly #transactions: Transactions;
  readonly #events: EventAppender;
  readonly #insert: Statement<[string, number, string | null]>;
  readonly #advance: Statement<[number, number | null, string, number, number]>;
  readonly #advanceWithState: Statement<[number, number | null, string, string, number, number]>;
  readonly #lag: Statement<[number, string, number]>;
  readonly #replaying: Statement<[string | null, string]>;
  readonly #remove: Statement<[string]>;
  readonly #swap: Statement<[number, number | null, string | null, string, number]>;
  readonly #park: Statement;
  readonly #unpark: Statement<[string, number]>;
  readonly #unparkFrom: Statement<[string, number]>;

  constructor(db: Database, place: Place, lock: EngineLock, transactions: Transactions, events: EventAppender) {
    this.#db = db;
    this.#place = place;
    this.#lock = lock;
    this.#transactions = transactions;
    this.#events = events;
    this.#insert = db.prepare(
      `insert into subscribers (name, checkpoint, counts_from, generation, lagged, state_json) values (?, ?, null, 1, 0, ?)
       on conflict (name) do nothing`,
    );
    const stands = 'where name = ? and generation = ? and checkpoint = ?';
    this.#advance = db.prepare(`update subscribers set checkpoint = ?, counts_from = ? ${stands}`);
    this.#advanceWithState = db.prepare(
      `update subscribers set checkpoint = ?, counts_from = ?, state_json = ? ${stands}`,
    );
    this.#lag = db.prepare('update subscribers set lagged = ? where name = ? and lagged <> ?');
    this.#replaying = db.prepare('update subscribers set replay_json = ? where name = ?');
    this.#remove = db.prepare('delete from subscribers where name = ?');
    this.#swap = db.prepare(
      `update subscribers set checkpoint = ?, counts_from = ?, state_json = ?, replay_json = null, generation = generation + 1
       where name = ? and generation = ?`,
    );
    this.#park = db.prepare(
      `insert or replace into parked_events (subscriber, position, generation, event_name, task_id, attempts, parked_at,
         error_type, error_message, error_stack)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#unpark = db.prepare('delete from parked_events where subscriber = ? and position = ?');
    this.#unparkFrom = db.prepare('delete from parked_events where subscriber = ? and position >= ?');
  }

  /** Throws only when the whole transaction is lost. */
  save(parts: readonly Progress[]): readonly ProgressResult[] {
    return parts.map((part) => this.#saveApart(part));
  }

  #saveApart(part: Progress): ProgressResult {
    if (this.#lock.workerId === null) return { kind: 'stale' };
    try {
      return { kind: 'saved', firstPosition: this.#transactions.part(() => this.#write(part)) };
    } catch (error) {
      // What made SQLite give the transaction up has undone the engine's changes too: they must not seem written.
      if (!this.#db.inTransaction) throw error;
      if (error instanceof Stale) return { kind: 'stale' };
      return { kind: 'failed', error: toStorageError(error, this.#place) ?? internalError(error, this.#place) };
    }
  }

  /** Returns the position of its first event. */
  #write(part: Progress): number | null {
    this.#writeStanding(part);
    return 'events' in part ? this.#events.append(part.events) : null;
  }

  #writeStanding(part: Progress): void {
    switch (part.kind) {
      case 'register':
        return required(this.#insert.run(part.subscriber, part.checkpoint, part.state));
      case 'advance':
        return this.#writeAdvance(part);
      case 'lag': {
        const lagged = part.lagged ? 1 : 0;
        return required(this.#lag.run(lagged, part.subscriber, lagged));
      }
      case 'swap':
        return this.#writeSwap(part);
      case 'replaying': {
        const replay = part.replay === null ? null : JSON.stringify(part.replay);
        return required(this.#replaying.run(replay, part.subscriber));
      }
      case 'note':
        return undefined;
      case 'unregister':
        required(this.#remove.run(part.subscriber));
        this.#unparkFrom.run(part.subscriber, 0);
        return undefined;
    }
  }

  #writeAdvance({ subscriber, generation, from, to, countsFrom, state, park, unpark }: Of<'advance'>): void {
    required(
      state === undefined
        ? this.#advance.run(to, countsFrom, subscriber, generation, from)
        : this.#advanceWithState.run(to, countsFrom, state, subscriber, generation, from),
    );
    for (const position of unpark) required(this.#unpark.run(subscriber, position));
    for (const event of park) this.#parkOne(subscriber, generation, event);
  }

  #writeSwap(part: Of<'swap'>): void {
    const { subscriber, generation, checkpoint, countsFrom, state, replayedFrom, park } = part;
    required(this.#swap.run(checkpoint, countsFrom, state, subscriber, generation));
    this.#unparkFrom.run(subscriber, replayedFrom);
    for (const event of park) this.#parkOne(subscriber, generation + 1, event);
  }

  #parkOne(subscriber: string, generation: number, parked: ParkedEvent): void {
    const { position, eventName, taskId, attempts, parkedAt, error } = parked;
    this.#park.run(
      subscriber,
      position,
      generation,
      eventName,
      taskId,
      attempts,
      parkedAt,
      error?.type ?? null,
      error?.message ?? null,
      error?.stack ?? null,
    );
  }
}

function required(result: { readonly changes: number }): void {
  if (result.changes === 0) throw new Stale();
}
