-- One row: how far into the log something has been removed. Below it events may be missing, above it none is.
create table log_retention (
  id integer primary key check (id = 1),
  removed_up_to integer not null
);
insert into log_retention (id, removed_up_to) values (1, 0);

-- What people and handlers note about a task. It stays here, and goes with the task.
create table annotations (
  task_id text not null,
  key text not null,
  value_json text not null,
  noted_at integer not null,
  noted_by text not null,
  primary key (task_id, key)
) without rowid;
