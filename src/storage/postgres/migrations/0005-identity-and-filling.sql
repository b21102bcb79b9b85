-- One row: which storage this is, and the other storage that it was filled from, if any. From `filled_from` to
-- `filled_at` it is half a copy: nobody may work on it.
create table {schema}.identity (
  id integer primary key check (id = 1),
  storage_id uuid not null default gen_random_uuid(),
  filled_from text,
  filled_at double precision
);
insert into {schema}.identity (id) values (1);

create function {schema}.refuse_while_filling_v1() returns trigger
language plpgsql volatile as $$
declare
  v_from text;
begin
  select filled_from into v_from from {schema}.identity where filled_from is not null and filled_at is null;
  if found then
    raise exception 'it is half a copy of %: run the migration to its end first', v_from
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  return new;
end
$$;

-- Also for those that had opened the storage before it was filled. What is copied has no lease any more.
create trigger workers_while_filling before insert on {schema}.workers
for each row when (new.lease_until > 0) execute function {schema}.refuse_while_filling_v1();
