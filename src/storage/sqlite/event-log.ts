import type { Database, Statement } from 'better-sqlite3';

import { fromStored } from '../../log/append.ts';
import type { EventLog, LogPage } from '../../log/event-log.ts';
import { commonNames, type EventRow, isRare } from '../event-rows.ts';
import { type Place, throwMapped } from './storage-errors.ts';

type ReadQuery = Parameters<EventLog['read']>[0];

/** Reading the log. One writer commits at a time, so what a snapshot shows has no gaps that could still be filled. */
export class SqliteEventLog implements EventLog {
  readonly #db: Database;
  readonly #place: Place;
  readonly #lastPosition: Statement<[], number | null>;
  readonly #bySql = new Map<string, Statement<unknown[], EventRow>>();

  constructor(db: Database, place: Place) {
    this.#db = db;
    this.#place = place;
    this.#lastPosition = db.prepare<[], number | null>('select max(position) from events').pluck();
  }

  async read(query: ReadQuery): Promise<LogPage> {
    try {
      const { sql, values } = readSql(query);
      return this.#db.transaction(() => {
        let characters = 0;
        const events = this.#prepared(sql)
          .all(...values)
          .map((row) => {
            characters += row.body.length;
            return fromStored(row);
          });
        // A page that is not full has seen all there is: whoever goes on need not look there again.
        const full = events.length >= query.limit;
        const seen = full ? events.at(-1)?.position : this.#lastPosition.get();
        return { events, lastPosition: Math.max(query.after, seen ?? 0), characters };
      })();
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }

  async lastPosition(): Promise<number> {
    try {
      return this.#lastPosition.get() ?? 0;
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }

  #prepared(sql: string): Statement<unknown[], EventRow> {
    let statement = this.#bySql.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare<unknown[], EventRow>(sql);
      this.#bySql.set(sql, statement);
    }
    return statement;
  }
}

function readSql({ after, limit, filter = {} }: ReadQuery): { readonly sql: string; readonly values: unknown[] } {
  const conditions = ['position > ?'];
  const values: unknown[] = [after];
  if (filter.taskId !== undefined) {
    conditions.push('task_id = ?');
    values.push(filter.taskId);
  }
  if (filter.names !== undefined) {
    conditions.push('name in (select value from json_each(?))');
    values.push(JSON.stringify(filter.names));
  }
  if (filter.sinceMs !== undefined) {
    conditions.push('occurred_at >= ?');
    values.push(filter.sinceMs);
  }
  const rare = isRare(filter);
  if (rare) conditions.push(...commonNames.map((name) => `name <> '${name}'`));
  const sql = `select position, id, name, schema_version as schemaVersion, occurred_at as occurredAt, task_id as taskId,
      step, attempt, body_json as body
    from events ${rare ? 'indexed by events_by_rare_name' : ''}
    where ${conditions.join(' and ')} order by position limit ?`;
  return { sql, values: [...values, limit] };
}
