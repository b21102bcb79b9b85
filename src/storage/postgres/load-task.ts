import type { AnnotationRow, StoredTask } from '../../execution/task-store.ts';
import { type StepRecord, type TaskRow, toNewTask, toTaskState } from '../rows.ts';
import type { Queries } from './connection.ts';

interface LoadedRow extends TaskRow {
  readonly steps: readonly StepRecord[];
  readonly last_events: readonly { readonly subject: string; readonly id: string }[];
  readonly annotations: readonly AnnotationRow[];
}

/** Named, as a prepared `*` fails on each connection once a newer release has added a column. */
const columns = `id, template_id, namespace, name, version, created_at, priority, start_at, context_json, request_json,
  correlation_id, idempotency_key, trace_id, root_span_id, parent_span_id, sla_deadline_at, status, started_at, ended_at,
  first_ended_at, sla_breached_at, parked`;

/** Reads everything that is kept of one task: by one statement, so that it is one consistent state. */
export class TaskLoader {
  readonly #queries: Queries;
  readonly #sql: string;

  constructor(queries: Queries, schema: string) {
    this.#queries = queries;
    const list = (query: string): string =>
      `(select coalesce(json_agg(row_to_json(part)), '[]') from (${query}) as part)`;
    this.#sql = `select ${columns},
        ${list(`select * from ${schema}.steps where task_id = $1 order by ordinal`)} as steps,
        ${list(`select distinct on (step) coalesce(step, '') as subject, id from ${schema}.events where task_id = $1
          order by step, position desc`)} as last_events,
        ${list(`select at, noted_by as by, step, attempt, key, value_json as value from ${schema}.annotations
          where task_id = $1 order by position`)} as annotations
      from ${schema}.tasks where id = $1`;
  }

  async load(taskId: string): Promise<StoredTask | null> {
    const [row] = await this.#queries.rows<LoadedRow>(this.#sql, [taskId]);
    if (row === undefined) return null;
    const results = new Map<string, string>();
    for (const step of row.steps) if (step.results_json !== null) results.set(step.name, step.results_json);
    return {
      task: toNewTask(row),
      state: toTaskState(row, row.steps),
      results,
      lastEventIds: new Map(row.last_events.map((last) => [last.subject, last.id])),
      annotations: row.annotations,
    };
  }
}
