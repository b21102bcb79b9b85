import { readFileSync } from 'node:fs';

import { TaskerError } from '../../shared/errors.ts';
import type { Connections, Queries } from './connection.ts';
import { neededGrants, type Place, sqlState, throwMapped } from './storage-errors.ts';

export interface Migration {
  /** `migrations/<name>.sql` brings it, `migrations/<name>.down.sql` takes it back. */
  readonly name: string;
  /**
   * The oldest schema version whose code may go on working once this one is applied. An expansion leaves it where it
   * was, so that old and new workers work side by side; a contraction raises it, when no old worker runs any more.
   */
  readonly compatibleFrom: number;
}

/** In order; a migration's place plus one is the schema version it makes. Never change one that was released. */
const migrations: readonly Migration[] = [
  { name: '0001-base', compatibleFrom: 1 },
  { name: '0002-commit-group', compatibleFrom: 1 },
  { name: '0003-workers-and-queue', compatibleFrom: 1 },
  { name: '0004-retention', compatibleFrom: 1 },
  { name: '0005-identity-and-filling', compatibleFrom: 1 },
  { name: '0006-join-anew', compatibleFrom: 1 },
  { name: '0007-voiding-waits-shortly', compatibleFrom: 1 },
  { name: '0008-joinings', compatibleFrom: 1 },
];

export const schemaVersion = migrations.length;

const oldestServer = 150_000;

/** What is found where the storage is to be. */
interface Found {
  readonly server: number;
  readonly encoding: string;
  readonly isolation: string;
  readonly there: boolean;
  readonly tables: readonly string[];
  readonly ours: boolean;
}

interface Version {
  readonly version: number;
  readonly compatibleFrom: number;
}

const none: Version = { version: 0, compatibleFrom: 0 };

/**
 * Brings the schema to this version, or throws without having changed it. Safe when many processes start at once: one
 * does it and the others wait. One that a newer version has expanded is left as it is.
 */
export async function migrate(connections: Connections): Promise<void> {
  const { place, side, schema } = connections;
  try {
    if ((await checkedVersion(side, place)).version >= schemaVersion) return;
    await side.unhurriedTransaction(async (queries) => {
      await queries.rows("select pg_advisory_xact_lock(hashtextextended('tasker migrations ' || $1, 0))", [
        place.schema,
      ]);
      // Read again: another process may have been first.
      const { version } = await checkedVersion(queries, place);
      if (version >= schemaVersion) return;
      if (!(await look(queries, place)).there) await queries.query(`create schema ${schema}`);
      if (version === 0) await queries.query(createVersions(schema));
      for (const [index, migration] of migrations.entries()) {
        if (index >= version) await apply(queries, schema, migration, index + 1);
      }
    });
  } catch (error) {
    throwOf(error, place, 'brought to its schema');
  }
}

/**
 * Takes migrations back until the schema has `target`; 0 leaves nothing of Tasker's tables, nor of what was in them.
 * No engine may run on it.
 */
export async function migrateDown(connections: Connections, target: number): Promise<void> {
  const { place, side, schema } = connections;
  try {
    await side.unhurriedTransaction(async (queries) => {
      await queries.rows("select pg_advisory_xact_lock(hashtextextended('tasker migrations ' || $1, 0))", [
        place.schema,
      ]);
      const { version } = await checkedVersion(queries, place);
      if (version > schemaVersion) throw newer(place, { version, compatibleFrom: version });
      for (let at = version; at > target; at -= 1) {
        await queries.query(script(schema, `${migrations[at - 1]?.name}.down`));
        await queries.query(`delete from ${schema}.schema_migrations where version = ${at}`);
      }
      if (version > 0 && target === 0) await queries.query(`drop table ${schema}.schema_migrations`);
    });
  } catch (error) {
    throwOf(error, place, 'taken back to an earlier schema');
  }
}

/** Refuses a schema that this version must not read; changes nothing. */
export async function checkSchema({ place, reads }: Connections): Promise<void> {
  try {
    const { version } = await checkedVersion(reads, place);
    if (version < schemaVersion) throw outdated(place, version);
  } catch (error) {
    throwOf(error, place, 'read');
  }
}

async function checkedVersion(queries: Queries, place: Place): Promise<Version> {
  const found = await look(queries, place);
  if (found.server < oldestServer) throw tooOld(place, found.server);
  if (found.encoding !== 'UTF8') throw notUtf8(place, found.encoding);
  if (found.isolation !== 'read committed') throw wrongIsolation(place, found.isolation);
  if (!found.ours) {
    if (found.tables.length > 0) throw foreign(place, found.tables);
    return none;
  }
  const [latest] = await queries.rows<Version>(
    `select version, compatible_from as "compatibleFrom" from "${place.schema}".schema_migrations
     order by version desc limit 1`,
  );
  if (latest === undefined) return none;
  if (latest.compatibleFrom > schemaVersion) throw newer(place, latest);
  return latest;
}

async function look(queries: Queries, { schema }: Place): Promise<Found> {
  const [found] = await queries.rows<Found>(
    `select current_setting('server_version_num')::integer as server, current_setting('server_encoding') as encoding,
       current_setting('transaction_isolation') as isolation,
       exists (select from pg_namespace where nspname = $1) as there,
       array(select relname::text from pg_class join pg_namespace on pg_namespace.oid = relnamespace
         where nspname = $1 and relkind in ('r', 'p', 'v', 'm', 'f') order by relname) as tables,
       exists (select from pg_attribute join pg_class on pg_class.oid = attrelid
         join pg_namespace on pg_namespace.oid = relnamespace
         where nspname = $1 and relname = 'schema_migrations' and attname = 'compatible_from') as ours`,
    [schema],
  );
  if (found === undefined) throw new TaskerError('TASKER_INTERNAL', 'PostgreSQL did not answer what it has.');
  return found;
}

function createVersions(schema: string): string {
  return `create table ${schema}.schema_migrations (
    version integer primary key,
    name text not null,
    compatible_from integer not null,
    applied_at timestamptz not null default now()
  )`;
}

async function apply(queries: Queries, schema: string, migration: Migration, version: number): Promise<void> {
  await queries.query(script(schema, migration.name));
  await queries.query(`insert into ${schema}.schema_migrations (version, name, compatible_from) values ($1, $2, $3)`, [
    version,
    migration.name,
    migration.compatibleFrom,
  ]);
}

/** Without values the driver sends it as one message of many statements. */
function script(schema: string, name: string): string {
  return readFileSync(new URL(`./migrations/${name}.sql`, import.meta.url), 'utf8').replaceAll('{schema}', schema);
}

function throwOf(error: unknown, place: Place, what: string): never {
  if (sqlState(error) !== '42501') return throwMapped(error, place);
  throw new TaskerError(
    'TASKER_STORAGE_READ_ONLY',
    `The storage '${place.location}' cannot be ${what}: this user lacks rights (${(error as Error).message}). Nothing was changed. ${neededGrants(place.schema)}`,
    { cause: error, details: { location: place.location, sqlState: '42501' } },
  );
}

function newer(place: Place, { version, compatibleFrom }: Version): TaskerError {
  return new TaskerError(
    'TASKER_STORAGE_SCHEMA_NEWER',
    `The storage '${place.location}' was brought on by a newer Tasker: it has schema ${version}, on which versions from schema ${compatibleFrom} on may work; this one has ${schemaVersion}. ` +
      'Nothing was changed. Upgrade Tasker, or restore a backup made before the upgrade.',
    { details: { location: place.location, found: version, compatibleFrom, supported: schemaVersion } },
  );
}

function foreign(place: Place, tables: readonly string[]): TaskerError {
  const some = tables.slice(0, 5).map((name) => `'${name}'`);
  return new TaskerError(
    'TASKER_STORAGE_CORRUPT',
    `The schema of '${place.location}' is not one of Tasker's: it has tables ${some.join(', ')}. Nothing was changed. Name another schema.`,
    { details: { location: place.location, tables } },
  );
}

function outdated(place: Place, version: number): TaskerError {
  return new TaskerError(
    'TASKER_STORAGE_READ_ONLY',
    `The storage '${place.location}' has schema ${version} and must be brought to ${schemaVersion}, which reading only does not allow. ` +
      'Open it once for writing: start the engine.',
    { details: { location: place.location, found: version, supported: schemaVersion } },
  );
}

function tooOld(place: Place, server: number): TaskerError {
  return new TaskerError(
    'TASKER_STORAGE_UNAVAILABLE',
    `The storage '${place.location}' is on PostgreSQL ${Math.floor(server / 10_000)}; Tasker needs 15 or newer. Upgrade the server, or name another.`,
    { details: { location: place.location, server } },
  );
}

/** Only behind a pooler: elsewhere each connection is told. */
function wrongIsolation(place: Place, isolation: string): TaskerError {
  return new TaskerError(
    'TASKER_CONFIG_INVALID',
    `Transactions on '${place.location}' are '${isolation}' unless asked otherwise, and what a pooler gives out cannot be told otherwise; Tasker needs 'read committed'. ` +
      `Run 'alter role ${place.user} set default_transaction_isolation = 'read committed'' and connect the pooler anew.`,
    { details: { location: place.location, isolation } },
  );
}

function notUtf8(place: Place, encoding: string): TaskerError {
  return new TaskerError(
    'TASKER_STORAGE_UNAVAILABLE',
    `The database of '${place.location}' has encoding ${encoding}, which cannot keep every text; Tasker needs UTF8. Make one with 'create database <name> encoding UTF8 template template0'.`,
    { details: { location: place.location, encoding } },
  );
}
