import { TaskerError } from '../../shared/errors.ts';
import { copiedTables } from '../copied-tables.ts';
import type { Connections, Queries } from './connection.ts';
import type { Place } from './storage-errors.ts';

interface Filling {
  readonly from: string | null;
  readonly at: number | null;
}

/**
 * Marks an empty storage as being filled from another one; true when it has been marked so before. From then on nobody
 * opens it to work on it, until the mark is taken away.
 *
 * @throws TaskerError `TASKER_MIGRATION_REFUSED` when there is something else in it.
 */
export async function beginFilling({ writer, place, schema }: Connections, source: string): Promise<boolean> {
  return writer.transaction(async (queries) => {
    // Whoever joins waits, and then finds the mark.
    await queries.rows(`lock table ${schema}.workers in share row exclusive mode`);
    const { from, at } = await fillingOf(queries, schema, 'for update');
    if (from !== null && at !== null) throw filledAlready(place, from, at);
    if (from !== null && from !== source) throw otherSource(place, from);
    if (from !== null) return true;
    const used = await usedTables(queries, schema);
    if (used.length > 0) throw notEmpty(place, used);
    await queries.run(`delete from ${schema}.log_retention`);
    await queries.run(`update ${schema}.identity set filled_from = $1`, [source]);
    return false;
  });
}

/** @throws TaskerError `TASKER_STORAGE_UNFINISHED` */
export async function requireFilled({ side, place, schema }: Connections): Promise<void> {
  const { from, at } = await fillingOf(side, schema);
  if (from === null || at !== null) return;
  throw new TaskerError(
    'TASKER_STORAGE_UNFINISHED',
    `The storage '${place.location}' is half a copy of '${from}': its migration has not come to its end. ` +
      `Run it again ('tasker migrate-storage --from ${from} --to <url of this storage>${place.schema === 'tasker' ? '' : ` --schema ${place.schema}`}'); it goes on where it ended.`,
    { details: { location: place.location, from } },
  );
}

async function fillingOf(queries: Queries, schema: string, lock = ''): Promise<Filling> {
  const [row] = await queries.rows<Filling>(
    `select filled_from as from, filled_at as at from ${schema}.identity ${lock}`,
  );
  return row ?? { from: null, at: null };
}

async function usedTables(queries: Queries, schema: string): Promise<readonly string[]> {
  const used: string[] = [];
  for (const { name } of copiedTables) {
    const condition = name === 'log_retention' ? 'where removed_up_to > 0' : '';
    const [row] = await queries.rows<{ readonly used: boolean }>(
      `select exists (select from ${schema}.${name} ${condition}) as used`,
    );
    if (row?.used === true) used.push(name);
  }
  return used;
}

function notEmpty(place: Place, tables: readonly string[]): TaskerError {
  return refused(place, `it is not empty: there are rows in ${tables.join(', ')}. ${anew(place)}`, { tables });
}

function otherSource(place: Place, from: string): TaskerError {
  return refused(place, `it is half a copy of another storage, '${from}'. Finish that one, or: ${anew(place)}`, {
    from,
  });
}

function filledAlready(place: Place, from: string, at: number): TaskerError {
  return refused(
    place,
    `it was filled from '${from}' already, to the end, at ${new Date(at).toISOString()}. Name it in the configuration and start your workers.`,
    { from, finishedAt: at },
  );
}

/** Only an empty one is filled, so that nothing is lost or mixed. */
function anew({ schema }: Place): string {
  return `Name another schema, or, if nobody needs what is in it, 'drop schema ${schema} cascade' and 'drop schema if exists ${schema}_queue cascade'.`;
}

function refused(place: Place, why: string, details: Readonly<Record<string, unknown>>): TaskerError {
  return new TaskerError('TASKER_MIGRATION_REFUSED', `Nothing can be copied into '${place.location}': ${why}`, {
    details: { location: place.location, ...details },
  });
}
