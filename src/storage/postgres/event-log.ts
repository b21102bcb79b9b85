import { fromStored } from '../../log/append.ts';
import type { EventLog, LogPage } from '../../log/event-log.ts';
import { commonNames, type EventRow, isRare } from '../event-rows.ts';
import { mapped, type Queries } from './connection.ts';
import type { Place } from './storage-errors.ts';

type ReadQuery = Parameters<EventLog['read']>[0];

/** A row of the page beside the log's end; without a page the end alone. */
type PageRow = { readonly [Key in keyof EventRow]: EventRow[Key] | null } & { readonly tail: number };

/**
 * Reading the log. Positions are given under a lock that is held until the commit, so what one statement sees has no
 * gaps that could still be filled, whoever else is in the middle of a transaction.
 */
export class PostgresEventLog implements EventLog {
  readonly #queries: Queries;
  readonly #place: Place;
  readonly #schema: string;

  constructor(queries: Queries, place: Place, schema: string) {
    this.#queries = queries;
    this.#place = place;
    this.#schema = schema;
  }

  read(query: ReadQuery): Promise<LogPage> {
    return mapped(this.#place, async () => {
      const { sql, values } = readSql(this.#schema, query);
      const rows = await this.#queries.rows<PageRow>(sql, values);
      let characters = 0;
      const events = rows.filter(isEvent).map((row) => {
        characters += row.body.length;
        return fromStored(ofEventAlone(row));
      });
      // A page that is not full has seen all there is: whoever goes on need not look there again.
      const full = events.length >= query.limit;
      const seen = full ? events.at(-1)?.position : rows[0]?.tail;
      return { events, lastPosition: Math.max(query.after, seen ?? 0), characters };
    });
  }

  lastPosition(): Promise<number> {
    return mapped(this.#place, async () => {
      const [row] = await this.#queries.rows<{ readonly tail: number }>(
        `select coalesce(max(position), 0) as tail from ${this.#schema}.events`,
      );
      return row?.tail ?? 0;
    });
  }
}

function isEvent(row: PageRow): row is EventRow & { readonly tail: number } {
  return row.position !== null;
}

/** What is stored becomes part of the event, and the log's end is none of it. */
function ofEventAlone(row: EventRow): EventRow {
  const { position, id, name, schemaVersion, occurredAt, taskId, step, attempt, body } = row;
  return { position, id, name, schemaVersion, occurredAt, taskId, step, attempt, body };
}

const columns = `position, id, name, schema_version as "schemaVersion", occurred_at as "occurredAt",
  task_id as "taskId", step, attempt, body_json as body`;

function readSql(schema: string, { after, limit, filter = {} }: ReadQuery) {
  const values: unknown[] = [after, limit];
  const conditions = ['position > $1'];
  const add = (condition: string, value: unknown): void => {
    values.push(value);
    conditions.push(condition.replace('?', `$${values.length}`));
  };
  if (filter.taskId !== undefined) add('task_id = ?', filter.taskId);
  if (filter.sinceMs !== undefined) add('occurred_at >= ?', filter.sinceMs);
  const byName = isRare(filter) ? filter.names : undefined;
  if (byName === undefined && filter.names !== undefined) add('name = any(?)', filter.names);
  if (byName !== undefined) values.push(byName);
  const where = conditions.join(' and ');
  const page =
    byName === undefined
      ? `select ${columns} from ${schema}.events where ${where} order by position limit $2`
      : byRareNames(schema, where, values.length);
  // Both are of one statement's snapshot: the end, and what lies before it.
  return {
    sql: `select log.tail, page.* from (select coalesce(max(position), 0) as tail from ${schema}.events) as log
      left join (${page}) as page on true order by page.position`,
    values,
  };
}

/** One seek in `events_by_rare_name` for each name: the planner would rather walk the whole log in its order. */
function byRareNames(schema: string, where: string, names: number): string {
  const rare = commonNames.map((name) => `name <> '${name}'`).join(' and ');
  return `select found.* from unnest($${names}::text[]) as wanted (name)
    cross join lateral (select ${columns} from ${schema}.events
      where events.name = wanted.name collate "C" and ${rare.replaceAll('name <>', 'events.name <>')} and ${where}
      order by position limit $2) as found
    order by found.position limit $2`;
}
