import type { TaskSummary } from '../execution/task-reader.ts';
import type { TaskStatus } from '../tasks/states.ts';

/** One line of a list of tasks. */
export interface SummaryRow {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly status: TaskStatus;
  readonly correlation_id: string;
  readonly created_at: number;
  readonly start_at: number | null;
  readonly priority: number;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly sla_breached_at: number | null;
  readonly parked: string | null;
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly running: number;
}

// An id is made shortly before its task's creation is recorded; a clock set back between them must not hide a task.
export const ID_SLACK_MS = 60_000;

export function toSummary(row: SummaryRow): TaskSummary {
  return {
    id: row.id,
    namespace: row.namespace,
    name: row.name,
    version: row.version,
    status: row.status,
    correlationId: row.correlation_id,
    createdAt: row.created_at,
    startAt: row.start_at,
    priority: row.priority,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    slaBreachedAt: row.sla_breached_at,
    parked: row.parked,
    steps: { total: row.total, done: row.done, failed: row.failed, running: row.running },
  };
}
