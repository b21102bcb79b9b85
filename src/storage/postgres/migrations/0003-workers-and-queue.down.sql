do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select oid from pg_proc
    where pronamespace = '{schema}'::regnamespace
      and proname in (
        'take_due_v1',
        'take_overdue_v1',
        'take_one_v1',
        'first_due_v1',
        'claim_subscribers_v1',
        'note_worker_v1',
        'void_lost_v1',
        'renew_worker_v1',
        'join_worker_v1',
        'void_workers_v1',
        'free_workers_v1'
      )
  loop
    execute 'drop function ' || v_function;
  end loop;
end
$$;
