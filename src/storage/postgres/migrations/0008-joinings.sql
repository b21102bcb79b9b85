-- Each time that a worker joins it does so under a key of its own, which is what the store knows a worker by: its id,
-- and from its second joining on `~2` and so on. A statement that it sent before it joined anew may arrive after that:
-- it is in the name of nobody who is there, and refused.
create function {schema}.worker_id_v1(p_key text) returns text
language sql immutable as $$ select split_part(p_key, '~', 1) $$;

-- `p_earlier`: as whom the caller has found itself among the workers, as it does when it joins anew before anybody has
-- taken it for lost. Where that is no longer so nothing is done, and it looks again.
create function {schema}.join_worker_v3(
  p_earlier text[],
  p_key text, p_pid integer, p_host text, p_started_at float8, p_lease_ms integer, p_lost text[], p_tasks_held integer[],
  e_at integer[], e_id text[], e_name text[], e_schema_version integer[], e_occurred_at float8[], e_task_id text[],
  e_step text[], e_attempt integer[], e_body text[], out joined boolean, out last_position bigint
)
language plpgsql volatile as $$
declare
  v_id text := {schema}.worker_id_v1(p_key);
begin
  -- In the order in which everybody locks them.
  perform from {schema}.workers where id = any (p_earlier || p_lost) order by id for update;
  joined := p_earlier = array(select id from {schema}.workers where {schema}.worker_id_v1(id) = v_id order by id)
    and {schema}.void_workers_v1(p_lost, p_tasks_held);
  if not joined then
    return;
  end if;
  perform {schema}.free_workers_v1(p_earlier);
  -- It may be carrying them out still, and must be the only one.
  update {schema}.commands set claimed_by = p_key
  where outcome_json is null and {schema}.worker_id_v1(claimed_by) = v_id;
  insert into {schema}.workers (id, pid, host, started_at, lease_until)
  values (p_key, p_pid, p_host, p_started_at, {schema}.now_ms() + p_lease_ms);
  if cardinality(e_at) > 0 then
    last_position := {schema}.append_events_v1(
      '{}', e_at, e_id, e_name, e_schema_version, e_occurred_at, e_task_id, e_step, e_attempt, e_body);
  end if;
end
$$;
