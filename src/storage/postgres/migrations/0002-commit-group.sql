-- The recorder's flush in one round trip. What a function does, workers of an older release rely on: one that is to
-- work otherwise gets a new name, and the old one stays until nobody calls it any more.
-- Rows come as arrays, one for each column. `at`: the place in the group, from 1, of the change that a row is part of.
-- Each plan is a look-up by key for each given row, whatever the statistics of a young table say.

create function {schema}.now_ms() returns bigint
language sql volatile as $$ select (extract(epoch from clock_timestamp()) * 1000)::bigint $$;

-- Adds the events of all but the refused, in the given order, and returns the position before the first of them.
-- Whoever holds the log's lock is the only one who appends, until it commits: so positions rise in commit order and
-- have no gaps. It is to be taken last.
create function {schema}.append_events_v1(
  p_refused integer[], p_at integer[], p_id text[], p_name text[], p_schema_version integer[], p_occurred_at float8[],
  p_task_id text[], p_step text[], p_attempt integer[], p_body text[]
) returns bigint
language plpgsql volatile
set enable_seqscan = off
as $$
declare
  v_last bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('{schema}', 0));
  select coalesce(max(position), 0) into v_last from {schema}.events;
  insert into {schema}.events (position, id, name, schema_version, occurred_at, task_id, step, attempt, body_json)
  select v_last + row_number() over (order by n), id, name, schema_version, occurred_at, task_id, step, attempt, body
  from unnest(p_at, p_id, p_name, p_schema_version, p_occurred_at, p_task_id, p_step, p_attempt, p_body)
    with ordinality as e(at, id, name, schema_version, occurred_at, task_id, step, attempt, body, n)
  where at <> all (p_refused);
  return v_last;
end
$$;

-- Whether a worker has joined and its lease lasts. Until this transaction ends, nobody can declare it lost: so a look
-- at what it holds is as good as a lock on it.
create function {schema}.hold_worker_v1(p_worker text) returns boolean
language plpgsql volatile as $$
declare
  v_until bigint;
begin
  select lease_until into v_until from {schema}.workers where id = p_worker for key share;
  return coalesce(v_until > {schema}.now_ms(), false);
end
$$;

-- One subscriber's part; false when it starts from what no longer stands, and then nothing was written. The state
-- comes beside the part because it may be large.
create function {schema}.save_progress_v1(p_worker text, p_part json, p_state text) returns boolean
language plpgsql volatile
set enable_seqscan = off
as $$
declare
  v_kind text := p_part ->> 'kind';
  v_name text := p_part ->> 'subscriber';
  v_generation integer := p_part ->> 'generation';
  v_unpark bigint[];
  v_count bigint;
begin
  if v_kind = 'note' then
    return true;
  end if;
  if exists (
    select from {schema}.subscriber_leases l join {schema}.workers w on w.id = l.worker_id
    where l.name = v_name and l.worker_id <> p_worker and w.lease_until > {schema}.now_ms()
  ) then
    return false;
  end if;
  case v_kind
    when 'register' then
      insert into {schema}.subscribers (name, checkpoint, counts_from, generation, lagged, state_json)
      values (v_name, (p_part ->> 'checkpoint')::bigint, null, 1, false, p_state)
      on conflict (name) do nothing;
    when 'advance' then
      if json_array_length(p_part -> 'unpark') > 0 then
        v_unpark := array(select value::bigint from json_array_elements_text(p_part -> 'unpark'));
        perform from {schema}.subscribers where name = v_name for no key update;
        select count(*) into v_count from {schema}.parked_events where subscriber = v_name and position = any (v_unpark);
        if v_count < cardinality(v_unpark) then
          return false;
        end if;
      end if;
      update {schema}.subscribers set
        checkpoint = (p_part ->> 'to')::bigint, counts_from = (p_part ->> 'countsFrom')::bigint,
        state_json = case when (p_part ->> 'keepsState')::boolean then state_json else p_state end
      where name = v_name and generation = v_generation and checkpoint = (p_part ->> 'from')::bigint;
    when 'lag' then
      update {schema}.subscribers set lagged = not lagged
      where name = v_name and lagged <> (p_part ->> 'lagged')::boolean;
    when 'swap' then
      update {schema}.subscribers set
        checkpoint = (p_part ->> 'checkpoint')::bigint, counts_from = (p_part ->> 'countsFrom')::bigint,
        state_json = p_state, replay_json = null, generation = generation + 1
      where name = v_name and generation = v_generation;
    when 'replaying' then
      update {schema}.subscribers set replay_json = p_part ->> 'replay' where name = v_name;
    when 'unregister' then
      delete from {schema}.subscribers where name = v_name;
  end case;
  get diagnostics v_count = row_count;
  if v_count = 0 then
    return false;
  end if;
  if v_unpark is not null then
    delete from {schema}.parked_events where subscriber = v_name and position = any (v_unpark);
  end if;
  if v_kind = 'unregister' then
    delete from {schema}.parked_events where subscriber = v_name;
  elsif v_kind = 'swap' then
    delete from {schema}.parked_events
    where subscriber = v_name and position >= (p_part ->> 'replayedFrom')::bigint;
    v_generation := v_generation + 1;
  end if;
  if json_array_length(p_part -> 'park') > 0 then
    insert into {schema}.parked_events (
      subscriber, position, generation, event_name, task_id, attempts, parked_at, error_type, error_message, error_stack)
    select v_name, position, v_generation, "eventName", "taskId", attempts, "parkedAt", "errorType", "errorMessage", "errorStack"
    from json_to_recordset(p_part -> 'park') as parked(
      position bigint, "eventName" text, "taskId" text, attempts integer, "parkedAt" float8,
      "errorType" text, "errorMessage" text, "errorStack" text)
    on conflict (subscriber, position) do update set
      generation = excluded.generation, event_name = excluded.event_name, task_id = excluded.task_id,
      attempts = excluded.attempts, parked_at = excluded.parked_at, error_type = excluded.error_type,
      error_message = excluded.error_message, error_stack = excluded.error_stack;
  end if;
  return true;
end
$$;

-- `refused`: the places of the changes of which nothing was written; `earlier_at`, `earlier_id`: those among them whose
-- idempotency key an earlier task has, and which. `saved`: one for each part. `last_position`: the place in the log
-- before the first event, null when none was written. No two changes of a group may be of the same task.
create function {schema}.commit_group_v1(
  p_worker text,
  -- Of a task's own columns, in a creation and in a change. `release`: given back; `due_at` and `deadline_at` are its.
  n_at integer[], n_id text[], n_template_id text[], n_namespace text[], n_name text[], n_version text[],
  n_created_at float8[], n_context text[], n_request text[], n_correlation_id text[], n_key text[], n_trace_id text[],
  n_root_span_id text[], n_parent_span_id text[], n_sla_deadline_at float8[], n_priority integer[], n_start_at float8[],
  n_status text[], n_started_at float8[], n_ended_at float8[], n_first_ended_at float8[], n_sla_breached_at float8[],
  n_parked text[], n_release boolean[], n_due_at float8[], n_deadline_at float8[],
  u_at integer[], u_id text[], u_lease integer[], u_own boolean[], u_status text[], u_started_at float8[],
  u_ended_at float8[], u_first_ended_at float8[], u_sla_breached_at float8[], u_parked text[], u_release boolean[],
  u_due_at float8[], u_deadline_at float8[],
  -- Changes of nothing but steps: their tasks are only looked at.
  l_at integer[], l_id text[], l_lease integer[],
  -- `ordinal` is null for steps that are there already; `results` null keeps what there is.
  s_at integer[], s_task_id text[], s_name text[], s_ordinal integer[], s_status text[], s_attempts integer[],
  s_failures integer[], s_losses integer[], s_first_ready_at float8[], s_ready_at float8[], s_started_at float8[],
  s_finished_at float8[], s_span_id text[], s_sla_deadline_at float8[], s_sla_breached_at float8[],
  s_stalled_attempt integer[], s_key_generation integer[], s_failure text[], s_results text[],
  k_at integer[], k_id text[], k_outcome text[],
  -- Events of parts come after those of changes; their `at` goes on from the last change.
  e_at integer[], e_id text[], e_name text[], e_schema_version integer[], e_occurred_at float8[], e_task_id text[],
  e_step text[], e_attempt integer[], e_body text[],
  -- JSON arrays of objects; null when there are none, as nearly always.
  p_errors json, p_annotations json,
  p_changes integer, p_parts text[], p_states text[],
  -- pg-boss's own insert for each queue, and as JSON text the jobs for it, each with the `at` of its change.
  p_enqueue text[], p_jobs text[],
  out refused integer[], out earlier_at integer[], out earlier_id text[], out saved boolean[], out last_position bigint
)
language plpgsql volatile
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_held boolean := {schema}.hold_worker_v1(p_worker);
  v_done integer[];
  v_ids text[];
  v_updates bigint;
  v_count bigint;
  v_saved boolean;
  v_jobs text;
begin
  refused := '{}';
  saved := '{}';

  if cardinality(n_at) > 0 then
    -- In the order of their keys: two workers that create the same tasks wait for each other, and never in a ring.
    with created as (
      insert into {schema}.tasks (
        id, template_id, namespace, name, version, created_at, context_json, request_json, correlation_id,
        idempotency_key, trace_id, root_span_id, parent_span_id, sla_deadline_at, priority, start_at, status,
        started_at, ended_at, first_ended_at, sla_breached_at, parked, due_at, deadline_at, lease_worker, lease_token)
      select
        id, template_id, namespace, name, version, created_at, context, request, correlation_id,
        key, trace_id, root_span_id, parent_span_id, sla_deadline_at, priority, start_at, status,
        started_at, ended_at, first_ended_at, sla_breached_at, parked, due_at, deadline_at,
        case when release then null else p_worker end, case when release then 0 else 1 end
      from unnest(
        n_id, n_template_id, n_namespace, n_name, n_version, n_created_at, n_context, n_request, n_correlation_id,
        n_key, n_trace_id, n_root_span_id, n_parent_span_id, n_sla_deadline_at, n_priority, n_start_at, n_status,
        n_started_at, n_ended_at, n_first_ended_at, n_sla_breached_at, n_parked, n_release, n_due_at, n_deadline_at
      ) with ordinality as n(
        id, template_id, namespace, name, version, created_at, context, request, correlation_id,
        key, trace_id, root_span_id, parent_span_id, sla_deadline_at, priority, start_at, status,
        started_at, ended_at, first_ended_at, sla_breached_at, parked, release, due_at, deadline_at, place)
      where v_held or release
      order by namespace, name, key, place
      on conflict (namespace, name, idempotency_key) where idempotency_key is not null do nothing
      returning id
    )
    select coalesce(array_agg(id), '{}') into v_ids from created;
    if cardinality(v_ids) < cardinality(n_at) then
      refused := array(select at from unnest(n_at, n_id) as n(at, id) where id <> all (v_ids));
      select array_agg(n.at), array_agg(t.id) into earlier_at, earlier_id
      from unnest(n_at, n_namespace, n_name, n_key, n_release) as n(at, namespace, name, key, release)
      join {schema}.tasks t on t.namespace = n.namespace and t.name = n.name and t.idempotency_key = n.key
      where n.at = any (refused) and (v_held or n.release);
    end if;
  end if;

  if not v_held then
    refused := refused || u_at || l_at;
  else
    if cardinality(u_at) > 0 then
      with done as (
        update {schema}.tasks t set
          status = case when own then u.status else t.status end,
          started_at = case when own then u.started_at else t.started_at end,
          ended_at = case when own then u.ended_at else t.ended_at end,
          first_ended_at = case when own then u.first_ended_at else t.first_ended_at end,
          sla_breached_at = case when own then u.sla_breached_at else t.sla_breached_at end,
          parked = case when own then u.parked else t.parked end,
          due_at = case when release then u.due_at else t.due_at end,
          deadline_at = case when release then u.deadline_at else t.deadline_at end,
          lease_worker = case when release then null else t.lease_worker end
        from unnest(
          u_at, u_id, u_lease, u_own, u_status, u_started_at, u_ended_at, u_first_ended_at, u_sla_breached_at,
          u_parked, u_release, u_due_at, u_deadline_at
        ) as u(
          at, id, lease, own, status, started_at, ended_at, first_ended_at, sla_breached_at,
          parked, release, due_at, deadline_at)
        where t.id = u.id and t.lease_token = u.lease and t.lease_worker = p_worker
        returning u.at
      )
      select coalesce(array_agg(at), '{}') into v_done from done;
      if cardinality(v_done) < cardinality(u_at) then
        refused := refused || array(select at from unnest(u_at) as at where at <> all (v_done));
      end if;
    end if;
    if cardinality(l_at) > 0 then
      select coalesce(array_agg(l.at), '{}') into v_done
      from unnest(l_at, l_id, l_lease) as l(at, id, lease)
      join {schema}.tasks t on t.id = l.id
      where t.lease_token = l.lease and t.lease_worker = p_worker;
      if cardinality(v_done) < cardinality(l_at) then
        refused := refused || array(select at from unnest(l_at) as at where at <> all (v_done));
      end if;
    end if;
  end if;

  if cardinality(n_at) > 0 then
    insert into {schema}.steps (
      task_id, name, ordinal, status, attempts, failures, losses, first_ready_at, ready_at, started_at, finished_at,
      span_id, sla_deadline_at, sla_breached_at, stalled_attempt, key_generation, failure_json, results_json)
    select
      task_id, name, ordinal, status, attempts, failures, losses, first_ready_at, ready_at, started_at, finished_at,
      span_id, sla_deadline_at, sla_breached_at, stalled_attempt, key_generation, failure, results
    from unnest(
      s_at, s_task_id, s_name, s_ordinal, s_status, s_attempts, s_failures, s_losses, s_first_ready_at, s_ready_at,
      s_started_at, s_finished_at, s_span_id, s_sla_deadline_at, s_sla_breached_at, s_stalled_attempt,
      s_key_generation, s_failure, s_results
    ) as s(
      at, task_id, name, ordinal, status, attempts, failures, losses, first_ready_at, ready_at,
      started_at, finished_at, span_id, sla_deadline_at, sla_breached_at, stalled_attempt,
      key_generation, failure, results)
    where ordinal is not null and at <> all (refused);
  end if;

  if cardinality(u_at) + cardinality(l_at) > 0 then
    update {schema}.steps t set
      status = s.status, attempts = s.attempts, failures = s.failures, losses = s.losses,
      first_ready_at = s.first_ready_at, ready_at = s.ready_at, started_at = s.started_at,
      finished_at = s.finished_at, span_id = s.span_id, sla_deadline_at = s.sla_deadline_at,
      sla_breached_at = s.sla_breached_at, stalled_attempt = s.stalled_attempt, key_generation = s.key_generation,
      failure_json = s.failure, results_json = coalesce(s.results, t.results_json)
    from unnest(
      s_at, s_task_id, s_name, s_ordinal, s_status, s_attempts, s_failures, s_losses, s_first_ready_at, s_ready_at,
      s_started_at, s_finished_at, s_span_id, s_sla_deadline_at, s_sla_breached_at, s_stalled_attempt,
      s_key_generation, s_failure, s_results
    ) as s(
      at, task_id, name, ordinal, status, attempts, failures, losses, first_ready_at, ready_at,
      started_at, finished_at, span_id, sla_deadline_at, sla_breached_at, stalled_attempt,
      key_generation, failure, results)
    where t.task_id = s.task_id and t.name = s.name and s.ordinal is null and s.at <> all (refused);
    get diagnostics v_count = row_count;
    select count(*) into v_updates from unnest(s_at, s_ordinal) as s(at, ordinal)
    where ordinal is null and at <> all (refused);
    if v_count < v_updates then
      raise exception 'a task has no step of that name' using errcode = 'no_data_found';
    end if;
  end if;

  if p_errors is not null then
    insert into {schema}.attempt_errors (task_id, step, attempt, type, message, stack)
    select "taskId", step, attempt, type, message, stack
    from json_to_recordset(p_errors) as e(
      at integer, "taskId" text, step text, attempt integer, type text, message text, stack text)
    where at <> all (refused);
  end if;
  if p_annotations is not null then
    insert into {schema}.annotations (task_id, at, noted_by, step, attempt, key, value_json)
    select "taskId", noted_at, by, step, attempt, key, value
    from json_to_recordset(p_annotations) as a(
      at integer, "taskId" text, noted_at float8, by text, step text, attempt integer, key text, value text)
    where at <> all (refused);
  end if;
  if cardinality(k_at) > 0 then
    update {schema}.commands c set outcome_json = k.outcome
    from unnest(k_at, k_id, k_outcome) as k(at, id, outcome)
    where c.id = k.id and c.outcome_json is null and k.at <> all (refused);
  end if;

  for v_part in 1 .. cardinality(p_parts) loop
    v_saved := v_held and {schema}.save_progress_v1(p_worker, p_parts[v_part]::json, p_states[v_part]);
    saved := saved || v_saved;
    if not v_saved then
      refused := refused || (p_changes + v_part);
    end if;
  end loop;

  for v_queue in 1 .. cardinality(p_enqueue) loop
    select json_agg(job)::text into v_jobs from json_array_elements(p_jobs[v_queue]::json) as job
    where (job ->> 'at')::integer <> all (refused);
    if v_jobs is not null then
      execute p_enqueue[v_queue] using v_jobs;
    end if;
  end loop;

  if exists (
    select from unnest(n_at || u_at, n_due_at || u_due_at) as r(at, due_at)
    where due_at <= {schema}.now_ms() and at <> all (refused)
  ) then
    perform pg_notify(trim('{schema}', '"') || '_work', '');
  end if;

  if exists (select from unnest(e_at) as at where at <> all (refused)) then
    last_position := {schema}.append_events_v1(
      refused, e_at, e_id, e_name, e_schema_version, e_occurred_at, e_task_id, e_step, e_attempt, e_body);
  end if;
end
$$;
