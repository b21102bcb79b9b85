import type { NewTask } from '../execution/task-store.ts';
import type { StepStatus, TaskStatus } from '../tasks/states.ts';
import type { StepFailure, StepState, TaskState } from '../tasks/task-state.ts';

/** A row of `tasks`, without the columns of the queue. */
export interface TaskRow {
  readonly id: string;
  readonly template_id: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly created_at: number;
  readonly priority: number;
  readonly start_at: number | null;
  readonly context_json: string;
  readonly request_json: string;
  readonly correlation_id: string;
  readonly idempotency_key: string | null;
  readonly trace_id: string;
  readonly root_span_id: string;
  readonly parent_span_id: string | null;
  readonly sla_deadline_at: number | null;
  readonly status: TaskStatus;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly first_ended_at: number | null;
  readonly sla_breached_at: number | null;
  readonly parked: string | null;
}

/** A row of `steps`. */
export interface StepRecord {
  readonly name: string;
  readonly status: StepStatus;
  readonly attempts: number;
  readonly failures: number;
  readonly losses: number;
  readonly first_ready_at: number | null;
  readonly ready_at: number | null;
  readonly started_at: number | null;
  readonly finished_at: number | null;
  readonly span_id: string | null;
  readonly sla_deadline_at: number | null;
  readonly sla_breached_at: number | null;
  readonly stalled_attempt: number;
  readonly key_generation: number;
  readonly failure_json: string | null;
  readonly results_json: string | null;
}

export function toNewTask(row: TaskRow): NewTask {
  return {
    id: row.id,
    templateId: row.template_id,
    namespace: row.namespace,
    name: row.name,
    version: row.version,
    createdAt: row.created_at,
    priority: row.priority,
    startAt: row.start_at,
    context: row.context_json,
    request: row.request_json,
    correlationId: row.correlation_id,
    idempotencyKey: row.idempotency_key,
    traceId: row.trace_id,
    rootSpanId: row.root_span_id,
    parentSpanId: row.parent_span_id,
    slaDeadlineAt: row.sla_deadline_at,
  };
}

export function toTaskState(row: TaskRow, steps: readonly StepRecord[]): TaskState {
  return {
    status: row.status,
    createdAt: row.created_at,
    startAt: row.start_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    firstEndedAt: row.first_ended_at,
    slaDeadlineAt: row.sla_deadline_at,
    slaBreachedAt: row.sla_breached_at,
    parked: row.parked,
    steps: steps.map(toStepState),
  };
}

function toStepState(row: StepRecord): StepState {
  return {
    name: row.name,
    status: row.status,
    attempts: row.attempts,
    failures: row.failures,
    losses: row.losses,
    firstReadyAt: row.first_ready_at,
    readyAt: row.ready_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    spanId: row.span_id,
    slaDeadlineAt: row.sla_deadline_at,
    slaBreachedAt: row.sla_breached_at,
    stalledAttempt: row.stalled_attempt,
    keyGeneration: row.key_generation,
    failure: row.failure_json === null ? null : (JSON.parse(row.failure_json) as StepFailure),
  };
}

export function failureText(step: StepState): string | null {
  return step.failure === null ? null : JSON.stringify(step.failure);
}
