-- One batch of what is old, with the facts about it: its caller has looked for it before, and when something else is
-- found here, nothing is done and it looks again. `p_expected`: how many tasks, events and parked events are to go.
create function {schema}.remove_old_v1(
  p_worker text, p_positions bigint[], p_task_ids text[], p_up_to bigint, p_expected bigint[],
  e_at integer[], e_id text[], e_name text[], e_schema_version integer[], e_occurred_at float8[], e_task_id text[],
  e_step text[], e_attempt integer[], e_body text[], out held boolean, out last_position bigint
)
language plpgsql volatile
set enable_seqscan = off
as $$
declare
  v_tasks bigint;
  v_events bigint;
  v_parked bigint;
  v_more bigint;
begin
  held := {schema}.hold_worker_v1(p_worker);
  if not held then
    return;
  end if;
  delete from {schema}.tasks where id = any (p_task_ids) and lease_worker is null;
  get diagnostics v_tasks = row_count;
  delete from {schema}.steps where task_id = any (p_task_ids);
  delete from {schema}.attempt_errors where task_id = any (p_task_ids);
  delete from {schema}.annotations where task_id = any (p_task_ids);
  delete from {schema}.events where task_id = any (p_task_ids);
  get diagnostics v_events = row_count;
  delete from {schema}.events where position = any (p_positions);
  get diagnostics v_more = row_count;
  v_events := v_events + v_more;
  delete from {schema}.parked_events where task_id = any (p_task_ids);
  get diagnostics v_parked = row_count;
  delete from {schema}.parked_events where task_id is null and position = any (p_positions);
  get diagnostics v_more = row_count;
  v_parked := v_parked + v_more;
  if array[v_tasks, v_events, v_parked] <> p_expected then
    raise exception 'what was to be removed has changed' using errcode = 'serialization_failure';
  end if;
  if p_up_to > 0 then
    update {schema}.log_retention set removed_up_to = greatest(removed_up_to, p_up_to);
  end if;
  if cardinality(e_at) > 0 then
    last_position := {schema}.append_events_v1(
      '{}', e_at, e_id, e_name, e_schema_version, e_occurred_at, e_task_id, e_step, e_attempt, e_body);
  end if;
end
$$;
