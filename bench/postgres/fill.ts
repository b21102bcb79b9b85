// Fills the tables with finished tasks and their events, as copies of real ones: each row is as long, and as often in an index, as what the engine writes.
import type { Client } from 'pg';

export interface Seeds {
  /** A task that went well at once. */
  readonly healthyId: string;
  /** A task with steps that failed first: it has more events. */
  readonly retriedId: string;
}

export interface Filled {
  readonly tasks: number;
  readonly events: number;
}

const days = 20;
const tasksPerStatement = 5000;

/** Parts of a column's value that a copy has of its own; `row` is the row copied, `seed` its task, `n` the new numbers. */
const copied: readonly { readonly column: RegExp; readonly as: (column: string) => string }[] = [
  { column: /^task_id$/, as: () => 'n.task_id' },
  { column: /^correlation_id$/, as: () => `'order-' || n.number` },
  { column: /^trace_id$/, as: () => 'n.trace_id' },
  { column: /span_id$/, as: (column) => `substr(md5(row.${column} || n.number), 1, 16)` },
  { column: /_at$/, as: (column) => `row.${column} + n.at - seed.created_at` },
  {
    column: /^body_json$/,
    as: () =>
      `replace(replace(replace(row.body_json, seed.id, n.task_id), seed.trace_id, n.trace_id), seed.correlation_id, 'order-' || n.number)`,
  },
];

/**
 * Adds tasks until there are about so many, spread over the last twenty days, with so many events in all: as many of
 * the seeds' copies are of the one with retries as it takes to come to that number.
 */
export async function fill(client: Client, schema: string, seeds: Seeds, wanted: Filled): Promise<Filled> {
  const tables = ['tasks', 'steps', 'attempt_errors', 'events'];
  const copies: string[] = [];
  for (const table of tables) copies.push(await copyStatement(client, schema, table));
  const retriedOfThousand = await shareOfRetried(client, schema, seeds, wanted);
  // What is filled in need not survive a crash, and is not what is measured.
  await client.query('set synchronous_commit = off');
  const endMs = Date.now() - 60_000;
  const everyMs = (days * 86_400_000) / wanted.tasks;
  for (let from = 1; from <= wanted.tasks; from += tasksPerStatement) {
    const to = Math.min(wanted.tasks, from + tasksPerStatement - 1);
    const beganMs = Math.round(endMs - days * 86_400_000);
    for (const copy of copies) {
      await client.query(copy, [from, to, beganMs, everyMs, retriedOfThousand, seeds.retriedId, seeds.healthyId]);
    }
  }
  await client.query('reset synchronous_commit');
  for (const table of tables) await client.query(`vacuum (analyze) ${schema}.${table}`);
  // Else the filling's own pages would be written out while something is measured. Not every role may ask for it.
  await client.query('checkpoint').catch(() => undefined);
  const counted = async (table: string): Promise<number> => {
    const { rows } = await client.query<{ count: string }>(`select count(*) from ${schema}.${table}`);
    return Number(rows[0]?.count);
  };
  return { tasks: await counted('tasks'), events: await counted('events') };
}

/** Parameters: numbers from, to; first creation and distance, ms; how many of a thousand are retried; both seeds. */
async function copyStatement(client: Client, schema: string, table: string): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    `select column_name as name from information_schema.columns
      where table_schema = $1 and table_name = $2 and is_identity = 'NO' and is_generated = 'NEVER'
      order by ordinal_position`,
    [schema, table],
  );
  if (rows.length === 0) throw new Error(`there is no table ${schema}.${table} to fill`);
  const columns = rows.map(({ name }) => name);
  const isTasks = table === 'tasks';
  const valueOf = (column: string): string => {
    if (column === 'id') return isTasks ? 'n.task_id' : `md5(row.id || n.number)::uuid::text`;
    if (column === 'position') {
      return `(select max(position) from ${schema}.${table}) + row_number() over (order by n.number, row.position)`;
    }
    return copied.find((rule) => rule.column.test(column))?.as(column) ?? `row.${column}`;
  };
  return `
    insert into ${schema}.${table} (${columns.join(', ')})
    select ${columns.map(valueOf).join(', ')}
      from (
        select number, at, md5(number || 'trace') as trace_id,
               substr(hex, 1, 8) || '-' || substr(hex, 9, 4) || '-7' || substr(mixed, 1, 3) || '-8'
                 || substr(mixed, 4, 3) || '-' || substr(mixed, 7, 12) as task_id,
               case when number % 1000 < $5::integer then $6::text else $7::text end as seed_id
          from generate_series($1::bigint, $2::bigint) as number,
               lateral (select ($3::bigint + number * $4::double precision)::bigint as at) as times,
               lateral (select lpad(to_hex(at), 12, '0') as hex, md5(number::text) as mixed) as digits
      ) as n
      join ${schema}.tasks as seed on seed.id = n.seed_id
      ${isTasks ? 'cross join lateral (select seed.*) as row' : `join ${schema}.${table} as row on row.task_id = n.seed_id`}
     order by n.number`;
}

async function shareOfRetried(client: Client, schema: string, seeds: Seeds, wanted: Filled): Promise<number> {
  const eventsOf = async (id: string): Promise<number> => {
    const { rows } = await client.query<{ count: string }>(`select count(*) from ${schema}.events where task_id = $1`, [
      id,
    ]);
    return Number(rows[0]?.count);
  };
  const [healthy, retried] = [await eventsOf(seeds.healthyId), await eventsOf(seeds.retriedId)];
  const share = (wanted.events / wanted.tasks - healthy) / (retried - healthy);
  if (!(share >= 0 && share <= 1)) {
    throw new Error(
      `tasks of ${healthy} and of ${retried} events cannot be mixed to ${wanted.events / wanted.tasks} a task`,
    );
  }
  return Math.ceil(share * 1000);
}
