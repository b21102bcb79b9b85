-- `p_there`: whether the caller has found itself among the workers, as it does when it joins anew before anybody has
-- taken it for lost. Where that is no longer so nothing is done, and it looks again.
create function {schema}.join_worker_v2(
  p_there boolean,
  p_id text, p_pid integer, p_host text, p_started_at float8, p_lease_ms integer, p_lost text[], p_tasks_held integer[],
  e_at integer[], e_id text[], e_name text[], e_schema_version integer[], e_occurred_at float8[], e_task_id text[],
  e_step text[], e_attempt integer[], e_body text[], out joined boolean, out last_position bigint
)
language plpgsql volatile as $$
begin
  -- In the order in which everybody locks them.
  perform from {schema}.workers where id = p_id or id = any (p_lost) order by id for update;
  joined := p_there = exists (select from {schema}.workers where id = p_id);
  if joined then
    select v1.joined, v1.last_position into joined, last_position from {schema}.join_worker_v1(
      p_id, p_pid, p_host, p_started_at, p_lease_ms, p_lost, p_tasks_held,
      e_at, e_id, e_name, e_schema_version, e_occurred_at, e_task_id, e_step, e_attempt, e_body) as v1;
  end if;
end
$$;
