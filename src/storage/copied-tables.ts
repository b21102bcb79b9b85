/** How a column's values are compared between storages: in the words of the one that has more types. */
export type ColumnKind = 'text' | 'integer' | 'bigint' | 'float8' | 'boolean';

export type CopiedValue = string | number | boolean | null;

/** A row, its values in the order of the table's columns. */
export type CopiedRow = readonly CopiedValue[];

export interface CopiedTable {
  readonly name: string;
  /** What a row is known and ordered by. */
  readonly key: readonly string[];
  readonly columns: Readonly<Record<string, ColumnKind>>;
  /** Its first key column counts up by itself, and goes on after what was copied. */
  readonly counts: boolean;
}

/**
 * All that a storage keeps, as it is copied into another one. What says who works on it just now is not of it, but for
 * workers that did not leave: whoever joins next is to find them lost.
 */
export const copiedTables: readonly CopiedTable[] = [
  table('templates', ['id'], {
    id: 'text',
    namespace: 'text',
    name: 'text',
    version: 'text',
    revision: 'integer',
    body_json: 'text',
  }),
  table('tasks', ['id'], {
    id: 'text',
    template_id: 'text',
    namespace: 'text',
    name: 'text',
    version: 'text',
    created_at: 'float8',
    context_json: 'text',
    request_json: 'text',
    correlation_id: 'text',
    idempotency_key: 'text',
    trace_id: 'text',
    root_span_id: 'text',
    parent_span_id: 'text',
    sla_deadline_at: 'float8',
    status: 'text',
    started_at: 'float8',
    ended_at: 'float8',
    first_ended_at: 'float8',
    sla_breached_at: 'float8',
    parked: 'text',
    due_at: 'float8',
    deadline_at: 'float8',
    lease_worker: 'text',
    lease_token: 'integer',
    priority: 'integer',
    start_at: 'float8',
  }),
  table('steps', ['task_id', 'name'], {
    task_id: 'text',
    name: 'text',
    ordinal: 'integer',
    status: 'text',
    attempts: 'integer',
    failures: 'integer',
    losses: 'integer',
    first_ready_at: 'float8',
    ready_at: 'float8',
    started_at: 'float8',
    finished_at: 'float8',
    span_id: 'text',
    sla_deadline_at: 'float8',
    sla_breached_at: 'float8',
    stalled_attempt: 'integer',
    failure_json: 'text',
    results_json: 'text',
    key_generation: 'integer',
  }),
  counting('attempt_errors', {
    task_id: 'text',
    step: 'text',
    attempt: 'integer',
    type: 'text',
    message: 'text',
    stack: 'text',
  }),
  counting('annotations', {
    task_id: 'text',
    at: 'float8',
    noted_by: 'text',
    step: 'text',
    attempt: 'integer',
    key: 'text',
    value_json: 'text',
  }),
  // Its positions are given by whoever appends: nothing counts up by itself.
  table('events', ['position'], {
    position: 'bigint',
    id: 'text',
    name: 'text',
    schema_version: 'integer',
    occurred_at: 'float8',
    task_id: 'text',
    step: 'text',
    attempt: 'integer',
    body_json: 'text',
  }),
  counting('commands', {
    id: 'text',
    kind: 'text',
    task_id: 'text',
    subscriber: 'text',
    body_json: 'text',
    requested_at: 'float8',
    outcome_json: 'text',
    awaited: 'boolean',
  }),
  table('subscribers', ['name'], {
    name: 'text',
    checkpoint: 'bigint',
    counts_from: 'bigint',
    generation: 'integer',
    lagged: 'boolean',
    state_json: 'text',
    replay_json: 'text',
  }),
  table('parked_events', ['subscriber', 'position'], {
    subscriber: 'text',
    position: 'bigint',
    generation: 'integer',
    event_name: 'text',
    task_id: 'text',
    attempts: 'integer',
    parked_at: 'float8',
    error_type: 'text',
    error_message: 'text',
    error_stack: 'text',
  }),
  table('log_retention', ['id'], { id: 'integer', removed_up_to: 'bigint' }),
  table('workers', ['id'], { id: 'text', pid: 'integer', host: 'text', started_at: 'float8', lease_until: 'bigint' }),
];

function table(name: string, key: readonly string[], columns: CopiedTable['columns']): CopiedTable {
  return { name, key, columns, counts: false };
}

function counting(name: string, columns: CopiedTable['columns']): CopiedTable {
  return { name, key: ['position'], columns: { position: 'bigint', ...columns }, counts: true };
}
