-- Notes on tasks, in the order in which they were taken. `noted_by` is null for those of a step's own handler.
create table annotations (
  position integer primary key,
  task_id text not null,
  at integer not null,
  noted_by text,
  step text,
  attempt integer,
  key text not null,
  value_json text not null
);
create index annotations_by_task on annotations (task_id, position);
