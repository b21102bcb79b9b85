-- Times are milliseconds since the Unix epoch. Columns ending in `_json` hold JSON text.
-- Every index here is paid for on each checkout's way; each serves a query that is asked while the engine runs.

create table templates (
  id text primary key,
  namespace text not null,
  name text not null,
  version text not null,
  revision integer not null,
  body_json text not null,
  unique (namespace, name, version, revision)
) without rowid;

-- Ids are UUIDv7: rows are added at the end, and the key's own order is the order of creation.
create table tasks (
  id text primary key,
  template_id text not null,
  namespace text not null,
  name text not null,
  version text not null,
  created_at integer not null,
  context_json text not null,
  request_json text not null,
  correlation_id text not null,
  idempotency_key text,
  trace_id text not null,
  root_span_id text not null,
  parent_span_id text,
  sla_deadline_at integer,
  status text not null,
  started_at integer,
  ended_at integer,
  first_ended_at integer,
  sla_breached_at integer,
  parked text,
  due_at integer,
  deadline_at integer,
  lease_worker text,
  lease_token integer not null
) without rowid;

create unique index tasks_by_key on tasks (namespace, name, idempotency_key) where idempotency_key is not null;
create index tasks_due on tasks (due_at) where lease_worker is null and due_at is not null;
create index tasks_overdue on tasks (deadline_at) where lease_worker is null and deadline_at is not null;
create index tasks_held on tasks (lease_worker) where lease_worker is not null;
create index tasks_by_status on tasks (status, id);
create index tasks_by_name on tasks (namespace, name, id);
create index tasks_by_correlation on tasks (correlation_id);

create table steps (
  task_id text not null,
  name text not null,
  ordinal integer not null,
  status text not null,
  attempts integer not null,
  failures integer not null,
  losses integer not null,
  first_ready_at integer,
  ready_at integer,
  started_at integer,
  finished_at integer,
  span_id text,
  sla_deadline_at integer,
  sla_breached_at integer,
  stalled_attempt integer not null,
  failure_json text,
  results_json text,
  primary key (task_id, name)
) without rowid;

create table attempt_errors (
  position integer primary key,
  task_id text not null,
  step text not null,
  attempt integer not null,
  type text not null,
  message text not null,
  stack text
);
create index attempt_errors_by_task on attempt_errors (task_id, position);

-- SQLite gives a new row the highest position plus one, inside the transaction: rising, and without gaps after a
-- rollback. Whoever prunes the log must therefore keep its last row.
create table events (
  position integer primary key,
  id text not null,
  name text not null,
  schema_version integer not null,
  occurred_at integer not null,
  task_id text,
  step text,
  attempt integer,
  body_json text not null
);
create index events_by_task on events (task_id, position);

-- Only events that a healthy checkout does not have: an index over all names would cost each of its twelve events
-- an entry, to find what a scan finds as fast. Written as a chain because `not in` builds a table for every insert.
create index events_by_rare_name on events (name, position)
where name <> 'step.execution_requested' and name <> 'step.completed' and name <> 'task.initialize_requested'
  and name <> 'task.start_requested' and name <> 'task.completed';

create table commands (
  position integer primary key,
  id text not null unique,
  kind text not null,
  task_id text,
  body_json text not null,
  requested_at integer not null,
  outcome_json text
);
create index commands_pending on commands (position) where outcome_json is null;

-- Who has joined and has not left.
create table workers (
  id text primary key,
  pid integer not null,
  host text not null,
  started_at integer not null
) without rowid;
