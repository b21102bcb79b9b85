-- One row per subscriber that was ever registered. A rowid table: a state may be larger than a page.
create table subscribers (
  name text primary key,
  checkpoint integer not null,
  counts_from integer,
  generation integer not null,
  lagged integer not null,
  state_json text
);

-- Events that a subscriber has set aside. `error_type` is null for one that only waits behind another of its task.
create table parked_events (
  subscriber text not null,
  position integer not null,
  generation integer not null,
  event_name text not null,
  task_id text,
  attempts integer not null,
  parked_at integer not null,
  error_type text,
  error_message text,
  error_stack text,
  primary key (subscriber, position)
) without rowid;
create index parked_events_by_task on parked_events (subscriber, task_id, position) where task_id is not null;
