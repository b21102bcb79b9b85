import type { Database, Statement } from 'better-sqlite3';

import type { TaskFilter, TaskPage, TaskReader } from '../../execution/task-reader.ts';
import type { AttemptError, StoredTask } from '../../execution/task-store.ts';
import { uuidV7Floor } from '../../shared/ids.ts';
import type { TaskStatus } from '../../tasks/states.ts';
import { ID_SLACK_MS, type SummaryRow, toSummary } from '../summary-rows.ts';
import { TaskLoader } from './load-task.ts';
import { type Place, throwMapped } from './storage-errors.ts';

type ListQuery = Parameters<TaskReader['list']>[0];

/** Reading for people. Over a file it runs in a thread of its own (`threaded-reader.ts`). */
export class SqliteTaskReader implements TaskReader {
  readonly #db: Database;
  readonly #place: Place;
  readonly #loader: TaskLoader;
  readonly #errors: Statement<[string], AttemptError>;
  readonly #counts: Statement<[], { readonly status: TaskStatus; readonly tasks: number }>;

  constructor(db: Database, place: Place) {
    this.#db = db;
    this.#place = place;
    this.#loader = new TaskLoader(db);
    this.#errors = db.prepare(
      'select step, attempt, type, message, stack from attempt_errors where task_id = ? order by position',
    );
    this.#counts = db.prepare('select status, count(*) as tasks from tasks group by status');
  }

  async list(query: ListQuery): Promise<TaskPage> {
    try {
      const { sql, values } = listSql(query);
      const rows = this.#db.prepare<unknown[], SummaryRow>(sql).all(...values);
      const tasks = rows.slice(0, query.limit).map(toSummary);
      return { tasks, next: rows.length > query.limit ? (tasks.at(-1)?.id ?? null) : null };
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }

  async get(taskId: string): Promise<StoredTask | null> {
    try {
      return this.#loader.load(taskId);
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }

  async errors(taskId: string): Promise<readonly AttemptError[]> {
    try {
      return this.#errors.all(taskId);
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }

  async countByStatus(): Promise<Readonly<Record<TaskStatus, number>>> {
    try {
      const counts = { pending: 0, in_progress: 0, complete: 0, error: 0, cancelled: 0, resolved_manually: 0 };
      for (const { status, tasks } of this.#counts.all()) counts[status] = tasks;
      return counts;
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }
}

function listSql(query: ListQuery): { readonly sql: string; readonly values: unknown[] } {
  const { conditions, values } = where(query.filter ?? {}, query.before);
  const clause = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
  // Steps are counted for the tasks of the page only; one task more than asked says whether there is a next page.
  const sql = `
    with page as materialized (select * from tasks ${clause} order by id desc limit ?)
    select page.id, page.namespace, page.name, page.version, page.status, page.correlation_id, page.created_at, page.start_at,
      page.priority, page.started_at, page.ended_at, page.sla_breached_at, page.parked, count(steps.name) as total,
      total(steps.status in ('complete', 'resolved_manually')) as done,
      total(steps.status = 'error') as failed, total(steps.status = 'in_progress') as running
    from page left join steps on steps.task_id = page.id group by page.id order by page.id desc`;
  return { sql, values: [...values, query.limit + 1] };
}

function where(filter: TaskFilter, before: string | undefined) {
  const conditions: string[] = [];
  const values: unknown[] = [];
  const add = (condition: string, ...given: unknown[]): void => {
    conditions.push(condition);
    values.push(...given);
  };
  if (filter.status !== undefined) add('status = ?', filter.status);
  if (filter.namespace !== undefined) add('namespace = ?', filter.namespace);
  if (filter.name !== undefined) add('name = ?', filter.name);
  if (filter.correlationId !== undefined) add('correlation_id = ?', filter.correlationId);
  if (filter.sinceMs !== undefined) {
    add('id >= ? and created_at >= ?', uuidV7Floor(filter.sinceMs - ID_SLACK_MS), filter.sinceMs);
  }
  if (before !== undefined) add('id < ?', before);
  return { conditions, values };
}
