alter table tasks add column priority integer not null default 0;
alter table tasks add column start_at integer;

-- Beside `tasks_due`, which says when to look next: only tasks that wait in the store are in either.
create index tasks_due_by_priority on tasks (priority, due_at) where lease_worker is null and due_at is not null;

alter table steps add column key_generation integer not null default 1;
