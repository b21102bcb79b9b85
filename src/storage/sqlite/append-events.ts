import type { Database, Statement } from 'better-sqlite3';

import type { NewEvent } from '../../log/event-log.ts';

/** Adds events to the log. Only inside a transaction that also writes what they tell of. */
export class EventAppender {
  readonly #insert: Statement<[string, string, number, number, string | null, string | null, number | null, string]>;

  constructor(db: Database) {
    this.#insert = db.prepare(
      'insert into events (id, name, schema_version, occurred_at, task_id, step, attempt, body_json) values (?, ?, ?, ?, ?, ?, ?, ?)',
    );
  }

  /** Returns the position of the first, null when there is none; the others follow it, because nobody else writes. */
  append(events: readonly NewEvent[]): number | null {
    let last: number | bigint = 0;
    for (const event of events) {
      last = this.#insert.run(
        event.id,
        event.name,
        event.schemaVersion,
        event.occurredAt,
        event.taskId,
        event.step,
        event.attempt,
        event.body,
      ).lastInsertRowid;
    }
    return events.length === 0 ? null : Number(last) - events.length + 1;
  }
}
