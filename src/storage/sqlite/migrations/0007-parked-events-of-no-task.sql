-- Retention asks of each old event of no task whether some subscriber has set it aside.
create index parked_events_of_no_task on parked_events (position) where task_id is null;
