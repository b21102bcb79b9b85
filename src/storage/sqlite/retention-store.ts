import type { Database, Statement } from 'better-sqlite3';

import type { NewEvent } from '../../log/event-log.ts';
import type { RemovalQuery, Removed, RemovedBatch, RetentionStore } from '../../log/retention-store.ts';
import { uuidV7Floor } from '../../shared/ids.ts';
import {
  type Candidate as AnyCandidate,
  cursorOf,
  finished,
  moreOfNoTask,
  nextCursor,
  ParkedGone,
  type ParkedRow,
  tasklessLimit,
} from '../removal.ts';
import type { EventAppender } from './append-events.ts';
import type { EngineLock } from './engine-lock.ts';
import { type Place, throwMapped } from './storage-errors.ts';
import type { Transactions } from './transaction.ts';

interface Candidate extends AnyCandidate {
  readonly parked: number;
}

interface Batch {
  readonly removed: Removed;
  readonly upTo: number;
  readonly cursor: string | null;
}

export class SqliteRetentionStore implements RetentionStore {
  readonly #place: Place;
  readonly #lock: EngineLock;
  readonly #transactions: Transactions;
  readonly #events: EventAppender;
  readonly #tail: Statement<[], number | null>;
  readonly #candidates: Statement<[string, string, string, number, number], Candidate>;
  readonly #removeOfTask: readonly Statement<[string]>[];
  readonly #removeEvents: Statement<[string]>;
  readonly #taskless: Statement<[number, number, number, number], number>;
  readonly #parkedOfTask: Statement<[string], ParkedRow>;
  readonly #parkedOfEvent: Statement<[number], ParkedRow>;
  readonly #unparkEvent: Statement<[number]>;
  readonly #removeCommands: Statement<[number]>;
  readonly #removeEvent: Statement<[number]>;
  readonly #note: Statement<[number]>;
  readonly #removedUpTo: Statement<[], number>;

  constructor(db: Database, place: Place, lock: EngineLock, transactions: Transactions, events: EventAppender) {
    this.#place = place;
    this.#lock = lock;
    this.#transactions = transactions;
    this.#events = events;
    this.#tail = db.prepare<[], number | null>('select max(position) from events').pluck();
    // Ids rise with time of creation, and what ended before a time was created before it.
    this.#candidates = db.prepare(
      `select id, ended_at as endedAt,
         coalesce((select max(position) from events where task_id = tasks.id), 0) as last,
         exists (select 1 from parked_events where task_id = tasks.id) as parked
       from tasks where status = ? and id > ? and id < ? and ended_at < ? order by id limit ?`,
    );
    this.#removeEvents = db.prepare('delete from events where task_id = ?');
    this.#removeOfTask = [
      'delete from steps where task_id = ?',
      'delete from attempt_errors where task_id = ?',
      'delete from annotations where task_id = ?',
      'delete from parked_events where task_id = ?',
      'delete from tasks where id = ?',
    ].map((sql) => db.prepare(sql));
    this.#taskless = db
      .prepare<[number, number, number, number], number>(
        `select position from
           (select position, occurred_at from events where task_id is null order by position limit ${tasklessLimit})
           as old
         where position < ? and occurred_at < ? and (occurred_at < ? or (position <= ? and not exists
           (select 1 from parked_events where task_id is null and position = old.position)))`,
      )
      .pluck();
    this.#parkedOfTask = db.prepare(
      'select subscriber, count(*) as events, max(position) as upTo from parked_events where task_id = ? group by subscriber',
    );
    const ofEvent = 'from parked_events where task_id is null and position = ?';
    this.#parkedOfEvent = db.prepare(`select subscriber, 1 as events, position as upTo ${ofEvent}`);
    this.#unparkEvent = db.prepare(`delete ${ofEvent}`);
    this.#removeCommands = db.prepare(
      `delete from commands where position in (select position from
         (select position, requested_at, outcome_json from commands order by position limit ${tasklessLimit})
       where outcome_json is not null and requested_at < ?)`,
    );
    this.#removeEvent = db.prepare('delete from events where position = ?');
    this.#note = db.prepare('update log_retention set removed_up_to = max(removed_up_to, ?)');
    this.#removedUpTo = db.prepare<[], number>('select removed_up_to from log_retention').pluck();
  }

  async removeBatch(query: RemovalQuery, facts: (removed: Removed) => readonly NewEvent[]): Promise<RemovedBatch> {
    if (this.#lock.workerId === null)
      return { tasks: 0, events: 0, unreadUpTo: null, parked: [], cursor: null, firstPosition: null };
    try {
      return this.#transactions.run(() => {
        const { removed, upTo, cursor } = this.#remove(query);
        if (upTo > 0) this.#note.run(upTo);
        return { ...removed, cursor, firstPosition: this.#events.append(facts(removed)) };
      });
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }

  async removedUpTo(): Promise<number> {
    try {
      return this.#removedUpTo.get() ?? 0;
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }

  #remove(query: RemovalQuery): Batch {
    const { before, unreadBefore, readUpTo, limit } = query;
    const tail = this.#tail.get() ?? 0;
    const { place, after } = cursorOf(query.cursor === moreOfNoTask ? null : query.cursor);
    const count = { tasks: 0, events: 0 };
    const parkedGone = new ParkedGone();
    let upTo = 0;
    let unread = 0;
    const gone = (position: number): void => {
      upTo = Math.max(upTo, position);
      if (position > readUpTo) unread = Math.max(unread, position);
    };
    const ofNoTask = query.cursor === null || query.cursor === moreOfNoTask;
    if (ofNoTask) {
      this.#removeCommands.run(before);
      for (const position of this.#taskless.all(tail, before, unreadBefore, readUpTo)) {
        parkedGone.add(this.#parkedOfEvent.all(position), 0);
        this.#unparkEvent.run(position);
        count.events += this.#removeEvent.run(position).changes;
        gone(position);
      }
    }
    const removed = (): Removed => ({
      ...count,
      unreadUpTo: unread === 0 ? null : unread,
      parked: parkedGone.all(),
    });
    // Fewer, and what stays is most of what was looked at: the same would be looked at again and again.
    if (ofNoTask && count.events > tasklessLimit / 2) return { removed: removed(), upTo, cursor: moreOfNoTask };
    const status = finished[place];
    const candidates =
      status === undefined ? [] : this.#candidates.all(status, after, uuidV7Floor(before), before, limit);
    for (const { id, endedAt, last, parked } of candidates) {
      const isRead = last <= readUpTo && parked === 0;
      if (last >= tail || !(isRead || endedAt < unreadBefore)) continue;
      if (parked !== 0) parkedGone.add(this.#parkedOfTask.all(id), 1);
      count.events += this.#removeEvents.run(id).changes;
      for (const statement of this.#removeOfTask) statement.run(id);
      count.tasks += 1;
      gone(last);
    }
    return { removed: removed(), upTo, cursor: nextCursor(place, candidates, limit) };
  }
}
