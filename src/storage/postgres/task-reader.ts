import type { TaskFilter, TaskPage, TaskReader } from '../../execution/task-reader.ts';
import type { AttemptError, StoredTask } from '../../execution/task-store.ts';
import { uuidV7Floor } from '../../shared/ids.ts';
import type { TaskStatus } from '../../tasks/states.ts';
import { ID_SLACK_MS, type SummaryRow, toSummary } from '../summary-rows.ts';
import { mapped, type Queries } from './connection.ts';
import { TaskLoader } from './load-task.ts';
import type { Place } from './storage-errors.ts';

/** Written into the statement: only so may the planner use the index that leaves out complete tasks. */
const statusIs: Readonly<Record<TaskStatus, string>> = {
  pending: "status = 'pending'",
  in_progress: "status = 'in_progress'",
  complete: "status = 'complete'",
  error: "status = 'error'",
  cancelled: "status = 'cancelled'",
  resolved_manually: "status = 'resolved_manually'",
};

type ListQuery = Parameters<TaskReader['list']>[0];

/** Reading for people. */
export class PostgresTaskReader implements TaskReader {
  readonly #queries: Queries;
  readonly #place: Place;
  readonly #schema: string;
  readonly #loader: TaskLoader;

  constructor(queries: Queries, place: Place, schema: string) {
    this.#queries = queries;
    this.#place = place;
    this.#schema = schema;
    this.#loader = new TaskLoader(queries, schema);
  }

  list(query: ListQuery): Promise<TaskPage> {
    return mapped(this.#place, async () => {
      const { sql, values } = listSql(this.#schema, query);
      const rows = await this.#queries.rows<SummaryRow>(sql, values);
      const tasks = rows.slice(0, query.limit).map(toSummary);
      return { tasks, next: rows.length > query.limit ? (tasks.at(-1)?.id ?? null) : null };
    });
  }

  get(taskId: string): Promise<StoredTask | null> {
    return mapped(this.#place, () => this.#loader.load(taskId));
  }

  errors(taskId: string): Promise<readonly AttemptError[]> {
    return mapped(this.#place, () =>
      this.#queries.rows<AttemptError>(
        `select step, attempt, type, message, stack from ${this.#schema}.attempt_errors
         where task_id = $1 order by position`,
        [taskId],
      ),
    );
  }

  countByStatus(): Promise<Readonly<Record<TaskStatus, number>>> {
    return mapped(this.#place, async () => {
      const rows = await this.#queries.rows<{ readonly status: TaskStatus; readonly tasks: number }>(
        `select status, count(*) as tasks from ${this.#schema}.tasks group by status`,
      );
      const counts = { pending: 0, in_progress: 0, complete: 0, error: 0, cancelled: 0, resolved_manually: 0 };
      for (const { status, tasks } of rows) counts[status] = tasks;
      return counts;
    });
  }
}

function listSql(schema: string, query: ListQuery): { readonly sql: string; readonly values: readonly unknown[] } {
  const { conditions, values } = where(query.filter ?? {}, query.before);
  const clause = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
  // Steps are counted for the tasks of the page only; one task more than asked says whether there is a next page.
  const sql = `
    select page.id, page.namespace, page.name, page.version, page.status, page.correlation_id, page.created_at,
      page.start_at, page.priority, page.started_at, page.ended_at, page.sla_breached_at, page.parked, counted.*
    from (select * from ${schema}.tasks ${clause} order by id desc limit $${values.length + 1}) as page
    cross join lateral (
      select count(*) as total, count(*) filter (where status in ('complete', 'resolved_manually')) as done,
        count(*) filter (where status = 'error') as failed, count(*) filter (where status = 'in_progress') as running
      from ${schema}.steps where task_id = page.id) as counted
    order by page.id desc`;
  return { sql, values: [...values, query.limit + 1] };
}

function where(filter: TaskFilter, before: string | undefined) {
  const conditions: string[] = [];
  const values: unknown[] = [];
  const add = (condition: string, value: unknown): void => {
    values.push(value);
    conditions.push(condition.replace('?', `$${values.length}`));
  };
  if (filter.status !== undefined) conditions.push(statusIs[filter.status]);
  if (filter.namespace !== undefined) add('namespace = ?', filter.namespace);
  if (filter.name !== undefined) add('name = ?', filter.name);
  if (filter.correlationId !== undefined) add('correlation_id = ?', filter.correlationId);
  if (filter.sinceMs !== undefined) {
    add('id >= ?', uuidV7Floor(filter.sinceMs - ID_SLACK_MS));
    add('created_at >= ?', filter.sinceMs);
  }
  if (before !== undefined) add('id < ?', before);
  return { conditions, values };
}
