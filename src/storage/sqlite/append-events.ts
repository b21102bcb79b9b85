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

  append(events: readonly NewEvent[]): void {
    for (const event of events) {
      this.#insert.run(
        event.id,
        event.name,
        event.schemaVersion,
        event.occurredAt,
        event.taskId,
        event.step,
        event.attempt,
        event.body,
      );
    }
  }
}
