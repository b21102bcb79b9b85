-- Who works here and what is theirs. Each is one statement of its caller's and so one transaction: a process that is
-- stopped between two statements of a longer one would hold up everybody, at worst with the log's lock in its hands.

-- What was theirs is free again and wants to be looked at at once, also for its SLAs: which comes next is in the steps.
create function {schema}.free_workers_v1(p_ids text[]) returns void
language plpgsql volatile as $$
declare
  v_now bigint := {schema}.now_ms();
begin
  update {schema}.tasks set lease_worker = null, due_at = v_now, deadline_at = v_now where lease_worker = any (p_ids);
  if found then
    perform pg_notify(trim('{schema}', '"') || '_work', '');
  end if;
  delete from {schema}.subscriber_leases where worker_id = any (p_ids);
  delete from {schema}.workers where id = any (p_ids);
end
$$;

-- Voids the leases of workers that have been silent for too long; false, and nothing done, when they are not as the
-- caller has found them. Waits for what they are writing just now.
create function {schema}.void_workers_v1(p_ids text[], p_tasks_held integer[]) returns boolean
language plpgsql volatile as $$
begin
  if cardinality(p_ids) = 0 then
    return true;
  end if;
  perform from {schema}.workers where id = any (p_ids) order by id for update;
  if exists (
    select from unnest(p_ids, p_tasks_held) as lost(id, tasks_held)
    left join {schema}.workers w on w.id = lost.id and w.lease_until <= {schema}.now_ms()
    where w.id is null or lost.tasks_held <> (select count(*) from {schema}.tasks where lease_worker = lost.id)
  ) then
    return false;
  end if;
  perform {schema}.free_workers_v1(p_ids);
  return true;
end
$$;

create function {schema}.join_worker_v1(
  p_id text, p_pid integer, p_host text, p_started_at float8, p_lease_ms integer, p_lost text[], p_tasks_held integer[],
  e_at integer[], e_id text[], e_name text[], e_schema_version integer[], e_occurred_at float8[], e_task_id text[],
  e_step text[], e_attempt integer[], e_body text[], out joined boolean, out last_position bigint
)
language plpgsql volatile as $$
begin
  joined := {schema}.void_workers_v1(p_lost, p_tasks_held);
  if not joined then
    return;
  end if;
  perform {schema}.free_workers_v1(array[p_id]);
  insert into {schema}.workers (id, pid, host, started_at, lease_until)
  values (p_id, p_pid, p_host, p_started_at, {schema}.now_ms() + p_lease_ms);
  if cardinality(e_at) > 0 then
    last_position := {schema}.append_events_v1(
      '{}', e_at, e_id, e_name, e_schema_version, e_occurred_at, e_task_id, e_step, e_attempt, e_body);
  end if;
end
$$;

-- `held`: not where the lease has run out, though nobody has noticed: what was written meanwhile was refused, so this
-- worker no longer knows all that it holds, and must join anew. `lapsed`: somebody else has been silent for too long.
create function {schema}.renew_worker_v1(p_id text, p_lease_ms integer, out held boolean, out lapsed boolean)
language plpgsql volatile as $$
begin
  update {schema}.workers set lease_until = {schema}.now_ms() + p_lease_ms
  where id = p_id and lease_until > {schema}.now_ms();
  held := found;
  lapsed := held and exists (select from {schema}.workers where id <> p_id and lease_until <= {schema}.now_ms());
end
$$;

create function {schema}.void_lost_v1(
  p_worker text, p_lost text[], p_tasks_held integer[],
  e_at integer[], e_id text[], e_name text[], e_schema_version integer[], e_occurred_at float8[], e_task_id text[],
  e_step text[], e_attempt integer[], e_body text[], out done boolean, out last_position bigint
)
language plpgsql volatile as $$
begin
  done := {schema}.hold_worker_v1(p_worker) and {schema}.void_workers_v1(p_lost, p_tasks_held);
  if done and cardinality(e_at) > 0 then
    last_position := {schema}.append_events_v1(
      '{}', e_at, e_id, e_name, e_schema_version, e_occurred_at, e_task_id, e_step, e_attempt, e_body);
  end if;
end
$$;

-- What a worker says of itself; with `p_leaves` its last words. Nothing for one that has not joined.
create function {schema}.note_worker_v1(
  p_worker text, p_leaves boolean,
  e_at integer[], e_id text[], e_name text[], e_schema_version integer[], e_occurred_at float8[], e_task_id text[],
  e_step text[], e_attempt integer[], e_body text[], out last_position bigint
)
language plpgsql volatile as $$
begin
  if p_leaves then
    perform from {schema}.workers where id = p_worker for update;
    if not found then
      return;
    end if;
    perform {schema}.free_workers_v1(array[p_worker]);
  elsif not {schema}.hold_worker_v1(p_worker) then
    return;
  end if;
  if cardinality(e_at) > 0 then
    last_position := {schema}.append_events_v1(
      '{}', e_at, e_id, e_name, e_schema_version, e_occurred_at, e_task_id, e_step, e_attempt, e_body);
  end if;
end
$$;

create function {schema}.claim_subscribers_v1(p_worker text, p_names text[]) returns boolean
language plpgsql volatile as $$
declare
  v_count bigint;
begin
  if not {schema}.hold_worker_v1(p_worker) then
    return false;
  end if;
  if exists (
    select from {schema}.subscriber_leases l join {schema}.workers w on w.id = l.worker_id
    where l.name = any (p_names) and l.worker_id <> p_worker and w.lease_until > {schema}.now_ms()
  ) then
    return false;
  end if;
  insert into {schema}.subscriber_leases as l (name, worker_id)
  select distinct name, p_worker from unnest(p_names) as name order by name
  on conflict (name) do update set worker_id = excluded.worker_id
  where l.worker_id = p_worker
    or not exists (select from {schema}.workers w where w.id = l.worker_id and w.lease_until > {schema}.now_ms());
  get diagnostics v_count = row_count;
  if v_count < (select count(distinct name) from unnest(p_names) as name) then
    raise exception 'another worker has just claimed one of them' using errcode = 'serialization_failure';
  end if;
  return true;
end
$$;

-- Takes due tasks by their jobs. `p_fetch` and so on: pg-boss's own statements for each queue. A job
-- is a wake-up: one whose task has moved on since is dropped, one that comes too early by `p_now` stays, and so do
-- those that are beyond `p_limit`. Highest priority first, then what was enqueued first.
create function {schema}.take_due_v1(
  p_worker text, p_now float8, p_limit integer,
  p_queues text[], p_fetch text[], p_complete text[], p_cancel text[], p_resume text[]
) returns table (task_id text, lease integer)
language plpgsql volatile
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  v_job record;
  v_task record;
  v_fetched integer;
  v_found integer;
  v_tasks text[] := '{}';
  v_tokens integer[] := '{}';
  v_priorities integer[] := '{}';
  v_created timestamptz[] := '{}';
  v_due uuid[] := '{}';
  v_due_queue integer[] := '{}';
  v_done uuid[] := '{}';
  v_done_queue integer[] := '{}';
  v_kept uuid[] := '{}';
  v_kept_queue integer[] := '{}';
  v_put_back uuid[];
begin
  if not {schema}.hold_worker_v1(p_worker) then
    return;
  end if;
  for v_queue in 1 .. cardinality(p_queues) loop
    v_found := 0;
    -- Jobs that are dropped or kept make no room for those behind them: so there are further rounds, though not for ever.
    for v_round in 1 .. 50 loop
      v_fetched := 0;
      for v_job in execute p_fetch[v_queue] loop
        v_fetched := v_fetched + 1;
        select due_at into v_task from {schema}.tasks
        where id = v_job.data ->> 'taskId' and lease_worker is null and due_at is not null
          and lease_token = (v_job.data ->> 'token')::integer;
        if not found or v_job.data ->> 'taskId' = any (v_tasks) then
          v_done := v_done || v_job.id;
          v_done_queue := v_done_queue || v_queue;
        elsif v_task.due_at > p_now then
          v_kept := v_kept || v_job.id;
          v_kept_queue := v_kept_queue || v_queue;
        else
          v_found := v_found + 1;
          v_tasks := v_tasks || (v_job.data ->> 'taskId');
          v_tokens := v_tokens || (v_job.data ->> 'token')::integer;
          v_priorities := v_priorities || v_job.priority;
          v_created := v_created || v_job."createdOn";
          v_due := v_due || v_job.id;
          v_due_queue := v_due_queue || v_queue;
        end if;
      end loop;
      exit when v_fetched < p_limit or v_found >= p_limit;
    end loop;
  end loop;
  v_found := 0;
  for v_job in
    select * from unnest(v_tasks, v_tokens, v_priorities, v_created, v_due, v_due_queue)
      with ordinality as due(task, token, priority, created, id, queue, place)
    order by priority desc, created, place
  loop
    if v_found < p_limit then
      update {schema}.tasks
      set lease_worker = p_worker, lease_token = lease_token + 1, due_at = null, deadline_at = null
      where id = v_job.task and lease_worker is null and lease_token = v_job.token;
      if found then
        v_found := v_found + 1;
        task_id := v_job.task;
        lease := v_job.token + 1;
        return next;
      end if;
      v_done := v_done || v_job.id;
      v_done_queue := v_done_queue || v_job.queue;
    else
      v_kept := v_kept || v_job.id;
      v_kept_queue := v_kept_queue || v_job.queue;
    end if;
  end loop;
  for v_queue in 1 .. cardinality(p_queues) loop
    if v_queue = any (v_done_queue) then
      execute p_complete[v_queue] using p_queues[v_queue],
        array(select id from unnest(v_done, v_done_queue) as done(id, queue) where queue = v_queue), null::text;
    end if;
    if v_queue = any (v_kept_queue) then
      v_put_back := array(select id from unnest(v_kept, v_kept_queue) as kept(id, queue) where queue = v_queue);
      execute p_cancel[v_queue] using p_queues[v_queue], v_put_back;
      execute p_resume[v_queue] using p_queues[v_queue], v_put_back;
    end if;
  end loop;
end
$$;

-- Deadlines have no jobs: they are watched, not run, whether or not there is room.
create function {schema}.take_overdue_v1(p_worker text, p_now float8, p_limit integer, p_namespaces text[])
returns table (task_id text, lease integer)
language plpgsql volatile
set enable_seqscan = off
as $$
begin
  if not {schema}.hold_worker_v1(p_worker) then
    return;
  end if;
  return query
  with overdue as (
    select t.id, t.deadline_at from {schema}.tasks t
    where t.lease_worker is null and t.deadline_at is not null and t.deadline_at <= p_now
      and (p_namespaces is null or t.namespace = any (p_namespaces))
    order by t.deadline_at, t.id limit p_limit
    for no key update skip locked
  ), taken as (
    update {schema}.tasks t
    set lease_worker = p_worker, lease_token = t.lease_token + 1, due_at = null, deadline_at = null
    from overdue where t.id = overdue.id
    returning t.id, t.lease_token, overdue.deadline_at
  )
  select taken.id, taken.lease_token from taken order by taken.deadline_at, taken.id;
end
$$;

create function {schema}.take_one_v1(p_worker text, p_task_id text) returns integer
language plpgsql volatile as $$
declare
  v_lease integer;
begin
  if {schema}.hold_worker_v1(p_worker) then
    update {schema}.tasks
    set lease_worker = p_worker, lease_token = lease_token + 1, due_at = null, deadline_at = null
    where id = p_task_id and lease_worker is null
    returning lease_token into v_lease;
  end if;
  return v_lease;
end
$$;

-- The first due time of each namespace that has a waiting task: one look-up for each, however many wait.
create function {schema}.first_due_v1() returns table (namespace text, due_at float8)
language sql stable
set enable_seqscan = off
as $$
  with recursive first_due as (
    (select t.namespace, t.due_at from {schema}.tasks t where t.lease_worker is null and t.due_at is not null
     order by t.namespace, t.due_at limit 1)
    union all
    select next.namespace, next.due_at from first_due, lateral (
      select t.namespace, t.due_at from {schema}.tasks t
      where t.lease_worker is null and t.due_at is not null and t.namespace > first_due.namespace
      order by t.namespace, t.due_at limit 1) next
  )
  select namespace, due_at from first_due
$$;
