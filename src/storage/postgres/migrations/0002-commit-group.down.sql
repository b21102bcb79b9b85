do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select oid from pg_proc
    where pronamespace = '{schema}'::regnamespace
      and proname in ('commit_group_v1', 'save_progress_v1', 'append_events_v1', 'hold_worker_v1', 'now_ms')
  loop
    execute 'drop function ' || v_function;
  end loop;
end
$$;
