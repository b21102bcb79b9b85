import assert from 'node:assert/strict';

import type { TestDatabase } from '../support/postgres.ts';

const watched = ['tasks', 'steps', 'events', 'subscribers', 'commands'];

/**
 * Notes, in the database itself, which process writes what, and when a worker's place is made void. What a transaction
 * took back, its notes went with. For workers whose application name is their process id.
 */
export async function watchWrites(database: TestDatabase): Promise<void> {
  await database.query(
    `create table written (n bigserial, app text, what text, worker_pid text, xact xid8 default pg_current_xact_id(),
       primary key (worker_pid, n))`,
  );
  await database.query(
    `create function note_write() returns trigger language plpgsql as $$
     begin
       if exists (select from rows) then
         insert into public.written (app, what, worker_pid)
         values (current_setting('application_name'), tg_table_name, current_setting('application_name'));
       end if;
       return null;
     end $$`,
  );
  await database.query(
    `create function note_worker() returns trigger language plpgsql as $$
     begin
       insert into public.written (app, what, worker_pid)
       values (current_setting('application_name'), lower(tg_op), coalesce(new.pid, old.pid)::text);
       return null;
     end $$`,
  );
  for (const table of watched) {
    for (const change of ['insert', 'update']) {
      // A statement that changes nothing has written nothing.
      await database.query(
        `create trigger note_${change} after ${change} on tasker.${table} referencing new table as rows
         for each statement execute function note_write()`,
      );
    }
  }
  await database.query(
    'create trigger note_worker after insert or delete on tasker.workers for each row execute function note_worker()',
  );
}

/** How often another worker declared one lost; and what such a one has written after, before it had joined anew. */
export async function writesOfTheLost(
  database: TestDatabase,
): Promise<{ readonly voided: number; readonly writes: readonly string[] }> {
  const voided = `what = 'delete' and app <> worker_pid`;
  const [count] = await database.query(`select count(*)::int as voided from written where ${voided}`);
  const rows = await database.query(
    `select late.worker_pid as pid, late.what, count(*)::int as times from written as late
     where late.what <> all ('{insert,delete}') and (
       select last.what = 'delete' and last.app <> last.worker_pid from written as last
       where last.worker_pid = late.worker_pid and last.n < late.n and last.what = any ('{insert,delete}')
       order by last.n desc limit 1)
     -- Who joins anew declares others lost with it, of whom it writes before it has.
     and not exists (
       select from written as joins
       where joins.worker_pid = late.worker_pid and joins.what = 'insert' and joins.xact = late.xact)
     group by 1, 2`,
  );
  const writes = rows.map(
    ({ pid, what, times }) => `worker ${String(pid)} wrote ${String(what)} ${String(times)} times`,
  );
  return { voided: Number(count?.['voided']), writes };
}

const samplePattern = /^tasker_business_(tasks_started|conversions|revenue_processed_minor_units)_total\{(.*)\} (\S+)$/;

/** Of the counters that are compared: values by name and labels; those of 0 left out. */
export function countedIn(exposition: string): Readonly<Record<string, number>> {
  const counted = new Map<string, number>();
  for (const line of exposition.split('\n')) {
    const [, name = '', labels = '', value = ''] = samplePattern.exec(line) ?? [];
    if (name === '' || Number(value) === 0) continue;
    const label = (key: string): string => new RegExp(`${key}="(.*?)"`).exec(labels)?.[1] ?? '';
    const key = [name, label('currency'), label('customer_tier'), label('region')].join(' ');
    counted.set(key, (counted.get(key) ?? 0) + Number(value));
  }
  return Object.fromEntries(counted);
}

/** The same from the tasks as they are stored. */
export async function countedBySql(database: TestDatabase): Promise<Readonly<Record<string, number>>> {
  const rows = await database.query(
    `with checkouts as (
       select status, context_json::json ->> 'currency' as currency, context_json::json ->> 'customer_tier' as tier,
         context_json::json ->> 'region' as region, (context_json::json ->> 'order_value')::bigint as value
       from tasker.tasks)
     select format('tasks_started  %s %s', tier, region) as key, count(*)::float8 as value from checkouts group by 1
     union all select format('conversions  %s %s', tier, region), count(*) from checkouts where status = 'complete' group by 1
     union all select format('revenue_processed_minor_units %s %s %s', currency, tier, region), sum(value)::float8
       from checkouts where status = 'complete' group by 1`,
  );
  return Object.fromEntries(rows.map(({ key, value }) => [String(key), Number(value)] as const));
}

/** Each checkout that was ordered is one task, and has ended as its context wants it. */
export async function checkEnds(
  database: TestDatabase,
  ordered: readonly { readonly key: string; readonly status: string }[],
): Promise<void> {
  const rows = await database.query('select idempotency_key as key, status, parked from tasker.tasks');
  assert.deepEqual(
    rows.filter(({ parked }) => parked !== null),
    [],
    'no task is set aside',
  );
  const ended = Object.fromEntries(rows.map(({ key, status }) => [String(key), String(status)] as const));
  const wanted = Object.fromEntries(ordered.map(({ key, status }) => [key, status] as const));
  assert.equal(rows.length, ordered.length, 'every checkout is one task');
  assert.deepEqual(ended, wanted, 'every task has ended right');
}
