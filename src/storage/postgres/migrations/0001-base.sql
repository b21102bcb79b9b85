-- `{schema}` is replaced by the quoted name of the schema. Times are milliseconds since the Unix epoch, and may
-- have fractions.
-- Columns ending in `_json` hold JSON text: it is never looked into here, and jsonb would refuse what JSON allows.
-- Keys compare byte by byte (collate "C"): a UUIDv7's order is its order of creation, and comparing costs little.
-- Every index here is paid for on each checkout's way; each serves a query that is asked while the engine runs.

create table {schema}.templates (
  id text collate "C" primary key,
  namespace text collate "C" not null,
  name text collate "C" not null,
  version text collate "C" not null,
  revision integer not null,
  body_json text not null,
  unique (namespace, name, version, revision)
);

create table {schema}.tasks (
  id text collate "C" primary key,
  template_id text collate "C" not null,
  namespace text collate "C" not null,
  name text collate "C" not null,
  version text collate "C" not null,
  created_at double precision not null,
  context_json text not null,
  request_json text not null,
  correlation_id text collate "C" not null,
  idempotency_key text collate "C",
  trace_id text not null,
  root_span_id text not null,
  parent_span_id text,
  sla_deadline_at double precision,
  status text collate "C" not null,
  started_at double precision,
  ended_at double precision,
  first_ended_at double precision,
  sla_breached_at double precision,
  parked text,
  due_at double precision,
  deadline_at double precision,
  lease_worker text collate "C",
  lease_token integer not null,
  priority integer not null default 0,
  start_at double precision
);

create unique index tasks_by_key on {schema}.tasks (namespace, name, idempotency_key) where idempotency_key is not null;
create index tasks_due on {schema}.tasks (namespace, due_at) where lease_worker is null and due_at is not null;
create index tasks_overdue on {schema}.tasks (deadline_at) where lease_worker is null and deadline_at is not null;
create index tasks_held on {schema}.tasks (lease_worker) where lease_worker is not null;
create index tasks_by_name on {schema}.tasks (namespace, name, id);
create index tasks_by_correlation on {schema}.tasks (correlation_id);
-- Nearly all tasks are complete: those are found as fast by id.
create index tasks_by_rare_status on {schema}.tasks (status, id) where status <> 'complete';

-- A step's row is written again at each attempt's beginning and end. No index holds a column that changes, and room
-- is left on the page, so the new row goes beside the old one and no index is touched.
create table {schema}.steps (
  task_id text collate "C" not null,
  name text collate "C" not null,
  ordinal integer not null,
  status text collate "C" not null,
  attempts integer not null,
  failures integer not null,
  losses integer not null,
  first_ready_at double precision,
  ready_at double precision,
  started_at double precision,
  finished_at double precision,
  span_id text,
  sla_deadline_at double precision,
  sla_breached_at double precision,
  stalled_attempt integer not null,
  failure_json text,
  results_json text,
  key_generation integer not null default 1,
  primary key (task_id, name)
) with (fillfactor = 60);

create table {schema}.attempt_errors (
  position bigint generated always as identity primary key,
  task_id text collate "C" not null,
  step text not null,
  attempt integer not null,
  type text not null,
  message text not null,
  stack text
);
create index attempt_errors_by_task on {schema}.attempt_errors (task_id, position);

-- No sequence: a position is the highest plus one, taken under the log's lock, which is held until the commit. So
-- positions rise in the order of commits and have no gaps. Whoever prunes the log must therefore keep its last row.
create table {schema}.events (
  position bigint primary key,
  id text not null,
  name text collate "C" not null,
  schema_version integer not null,
  occurred_at double precision not null,
  task_id text collate "C",
  step text,
  attempt integer,
  body_json text not null
);
create index events_by_task on {schema}.events (task_id, position) where task_id is not null;
create index events_of_no_task on {schema}.events (position) where task_id is null;

-- Only events that a healthy checkout does not have: an index over all names would cost each of its twelve events
-- an entry, to find what a scan finds as fast.
create index events_by_rare_name on {schema}.events (name, position)
where name <> 'step.execution_requested' and name <> 'step.completed' and name <> 'task.initialize_requested'
  and name <> 'task.start_requested' and name <> 'task.completed';

-- `awaited`: whether its sender still waits for the outcome, and so would learn of a refusal. `claimed_by`: the worker
-- that carries it out; void once that worker is not among the workers any more. `subscriber`: of which one it is asked.
create table {schema}.commands (
  position bigint generated always as identity primary key,
  id text collate "C" not null unique,
  kind text collate "C" not null,
  task_id text collate "C",
  subscriber text collate "C",
  body_json text not null,
  requested_at double precision not null,
  outcome_json text,
  awaited boolean not null default false,
  claimed_by text collate "C"
);
create index commands_pending on {schema}.commands (position) where outcome_json is null;

-- Who has joined and has not left. `lease_until` is by this database's clock.
create table {schema}.workers (
  id text collate "C" primary key,
  pid integer not null,
  host text not null,
  started_at double precision not null,
  lease_until bigint not null
) with (fillfactor = 50);

-- One row per subscriber that was ever registered. `replay_json`: how far a replay that is under way has come.
create table {schema}.subscribers (
  name text collate "C" primary key,
  checkpoint bigint not null,
  counts_from bigint,
  generation integer not null,
  lagged boolean not null,
  state_json text,
  replay_json text
) with (fillfactor = 50);

-- Which worker runs which subscriber: good for as long as that worker is among the workers and its own lease lasts.
create table {schema}.subscriber_leases (
  name text collate "C" primary key,
  worker_id text collate "C" not null
);
create index subscriber_leases_by_worker on {schema}.subscriber_leases (worker_id);

-- Events that a subscriber has set aside. `error_type` is null for one that only waits behind another of its task.
create table {schema}.parked_events (
  subscriber text collate "C" not null,
  position bigint not null,
  generation integer not null,
  event_name text not null,
  task_id text collate "C",
  attempts integer not null,
  parked_at double precision not null,
  error_type text,
  error_message text,
  error_stack text,
  primary key (subscriber, position)
);
create index parked_events_by_task on {schema}.parked_events (subscriber, task_id, position) where task_id is not null;
-- Retention asks of each old task, and of each old event of no task, whether some subscriber has set it aside.
create index parked_events_of_task on {schema}.parked_events (task_id) where task_id is not null;
create index parked_events_of_no_task on {schema}.parked_events (position) where task_id is null;

-- One row: how far into the log something has been removed. Below it events may be missing, above it none is.
create table {schema}.log_retention (
  id integer primary key check (id = 1),
  removed_up_to bigint not null
);
insert into {schema}.log_retention (id, removed_up_to) values (1, 0);

-- Notes on tasks, in the order in which they were taken. `noted_by` is null for those of a step's own handler.
create table {schema}.annotations (
  position bigint generated always as identity primary key,
  task_id text collate "C" not null,
  at double precision not null,
  noted_by text,
  step text,
  attempt integer,
  key text not null,
  value_json text not null
);
create index annotations_by_task on {schema}.annotations (task_id, position);
