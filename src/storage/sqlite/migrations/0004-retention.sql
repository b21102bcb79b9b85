-- One row: how far into the log something has been removed. Below it events may be missing, above it none is.
create table log_retention (
  id integer primary key check (id = 1),
  removed_up_to integer not null
);
insert into log_retention (id, removed_up_to) values (1, 0);

-- Retention asks of each old task whether some subscriber has set an event of it aside.
create index parked_events_of_task on parked_events (task_id) where task_id is not null;
