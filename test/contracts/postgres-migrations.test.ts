import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import pg from 'pg';

import { Connections } from '../../src/storage/postgres/connection.ts';
import { migrateDown, schemaVersion } from '../../src/storage/postgres/migrate.ts';
import { openPostgres, type PostgresOptions } from '../../src/storage/postgres/open-postgres.ts';
import { creation, event, wholeLog, worker } from '../../src/testing/contracts/fixtures.ts';
import { needsPostgres, type TestDatabase, withDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';

async function openAndClose(options: PostgresOptions): Promise<void> {
  await (await openPostgres({ listenUrl: null, ...options })).close();
}

/** Rejects with the code, and with a message that matches and names no password. */
async function refuses(options: PostgresOptions, code: string, message: RegExp): Promise<void> {
  await assert.rejects(openAndClose(options), (error: Error) => {
    assert.equal('code' in error && error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  });
}

async function down(url: string, target: number): Promise<void> {
  const connections = new Connections({ url });
  try {
    await migrateDown(connections, target);
  } finally {
    await connections.close();
  }
}

/** Everything that the schema consists of, as the server describes it. */
async function catalog(database: TestDatabase): Promise<readonly string[]> {
  const rows = await database.query(
    `select format('column %s.%s %s %s default %s collate %s', relname, attname, format_type(atttypid, atttypmod),
         attnotnull, pg_get_expr(adbin, adrelid), collname) as part
       from pg_attribute join pg_class on pg_class.oid = attrelid left join pg_attrdef on adrelid = attrelid and adnum = attnum
         left join pg_collation on pg_collation.oid = attcollation
       where relnamespace = 'tasker'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped
     union all select pg_get_indexdef(indexrelid) from pg_index join pg_class on pg_class.oid = indexrelid
       where relnamespace = 'tasker'::regnamespace
     union all select format('constraint %s %s', conname, pg_get_constraintdef(oid)) from pg_constraint
       where connamespace = 'tasker'::regnamespace
     union all select pg_get_functiondef(oid) from pg_proc where pronamespace = 'tasker'::regnamespace
     union all select format('%s %s %s', relkind, relname, reloptions) from pg_class
       where relnamespace = 'tasker'::regnamespace
     union all select format('migration %s %s %s', version, name, compatible_from) from tasker.schema_migrations
     order by part`,
  );
  return rows.map(({ part }) => String(part));
}

describe('Migrations of a storage on PostgreSQL', needsPostgres, () => {
  it('are made once when four processes start at the same time', () =>
    withDatabase(async (database) => {
      const storages = await Promise.all([1, 2, 3, 4].map(() => openPostgres({ url: database.url, listenUrl: null })));
      assert.deepEqual(
        (await database.query('select version from tasker.schema_migrations order by version')).length,
        schemaVersion,
      );
      const [first, ...others] = storages;
      await first?.templates.save({ id: 'h', namespace: 'n', name: 'n', version: '1', body: '{}' });
      for (const other of others) assert.equal((await other.templates.load('h'))?.id, 'h');
      for (const storage of storages) await storage.close();
    }));

  it('are waited for longer than any statement may take', () =>
    withDatabase(async (database) => {
      const other = new pg.Client({ connectionString: database.url });
      await other.connect();
      await other.query(`select pg_advisory_lock(hashtextextended('tasker migrations tasker', 0))`);
      const opened = openAndClose({ url: database.url, statementTimeoutMs: 200 });
      const waited = `select pid from pg_stat_activity
        where datname = current_database() and wait_event = 'advisory' and clock_timestamp() - query_start > '5.5 s'`;
      await Promise.race([opened, until(async () => (await other.query(waited)).rows.length > 0)]);
      await other.end();
      await opened;
    }));

  it('are taken back and made again, each, with the same outcome', () =>
    withDatabase(async (database) => {
      await openAndClose({ url: database.url });
      const before = await catalog(database);
      assert.ok(before.length > 100);
      for (let target = schemaVersion - 1; target >= 0; target -= 1) {
        await down(database.url, target);
        await openAndClose({ url: database.url });
        assert.deepEqual(await catalog(database), before, `after schema ${target}`);
      }
      await down(database.url, 0);
      const left = await database.query(
        `select relname as name from pg_class where relnamespace = 'tasker'::regnamespace
         union all select proname from pg_proc where pronamespace = 'tasker'::regnamespace`,
      );
      assert.deepEqual(left, []);
    }));

  it('are refused on a schema that a newer version has made unfit for this one', () =>
    withDatabase(async (database) => {
      await openAndClose({ url: database.url });
      await database.query(
        'insert into tasker.schema_migrations (version, name, compatible_from) values (99, $1, 98)',
        ['0099-later'],
      );
      for (const readOnly of [false, true]) {
        await refuses({ url: database.url, readOnly }, 'TASKER_STORAGE_SCHEMA_NEWER', /schema 99.*from schema 98 on/);
      }
      assert.equal((await database.query('select from tasker.schema_migrations where version = 99')).length, 1);
    }));

  it('leave a schema as it is that a newer version has only expanded, and it is worked on', () =>
    withDatabase(async (database) => {
      await openAndClose({ url: database.url });
      await database.query('alter table tasker.templates add column later text');
      await database.query('insert into tasker.schema_migrations (version, name, compatible_from) values (99, $1, 1)', [
        '0099-later',
      ]);
      const storage = await openPostgres({ url: database.url, listenUrl: null });
      await storage.workers.join(worker, () => []);
      await storage.templates.save({ id: 'h', namespace: 'n', name: 'n', version: '1', body: '{}' });
      assert.deepEqual(await storage.templates.load('h'), {
        id: 'h',
        namespace: 'n',
        name: 'n',
        version: '1',
        body: '{}',
      });
      await storage.workers.leave(worker.id, []);
      await storage.close();
      await openAndClose({ url: database.url, readOnly: true });
    }));

  it('may add columns to every table while older workers go on, on the connections that they have', () =>
    withDatabase(async (database) => {
      const storage = await openPostgres({ url: database.url, listenUrl: null, poolSize: 1 });
      try {
        await storage.workers.join(worker, () => []);
        await storage.tasks.commit([creation('t1', { events: [event('e1', { taskId: 't1' })] })]);
        const work = async (): Promise<unknown> => [
          await storage.tasks.load('t1'),
          await storage.reader.list({ limit: 9 }),
          await storage.reader.get('t1'),
          await storage.subscribers.list(),
          await storage.subscribers.parked({ limit: 9 }),
          await storage.templates.load('h'),
          await storage.commands.pending(9),
          await wholeLog(storage),
        ];
        const before = await work();
        await database.query(`do $$
          declare name text;
          begin
            for name in select relname from pg_class where relnamespace = 'tasker'::regnamespace and relkind = 'r' loop
              execute format('alter table tasker.%I add column later text', name);
            end loop;
          end
          $$`);
        assert.deepEqual(await work(), before);
      } finally {
        await storage.close();
      }
    }));

  it("are refused on another program's schema, which stays as it is", () =>
    withDatabase(async (database) => {
      await database.query('create schema tasker');
      await database.query('create table tasker.schema_migrations (version varchar primary key)');
      await database.query('create table tasker.recipes (name text)');
      await refuses({ url: database.url }, 'TASKER_STORAGE_CORRUPT', /not one of Tasker's.*'recipes'/);
      const tables = await database.query(
        "select relname from pg_class where relnamespace = 'tasker'::regnamespace and relkind = 'r' order by relname",
      );
      assert.deepEqual(tables, [{ relname: 'recipes' }, { relname: 'schema_migrations' }]);
    }));

  it('are made in the schema that is named, beside another one', () =>
    withDatabase(async (database) => {
      const one = await openPostgres({ url: database.url, schema: 'one', listenUrl: null });
      const other = await openPostgres({ url: database.url, schema: 'order', listenUrl: null });
      await one.templates.save({ id: 'h', namespace: 'n', name: 'n', version: '1', body: '{}' });
      assert.equal(await other.templates.load('h'), null);
      assert.match(other.location, /, schema order$/);
      await one.close();
      await other.close();
      await refuses(
        { url: database.url, schema: 'Robert"; drop' },
        'TASKER_CONFIG_INVALID',
        /name of a storage's schema/,
      );
    }));

  it('are not made by opening for reading only', () =>
    withDatabase(async (database) => {
      await refuses({ url: database.url, readOnly: true }, 'TASKER_STORAGE_READ_ONLY', /schema 0.*start the engine/i);
      assert.deepEqual(await database.query("select from pg_namespace where nspname = 'tasker'"), []);
    }));

  it('name the rights that are missing', () =>
    withDatabase(async (database) => {
      const role = `tasker_limited_${database.name.slice(-8)}`;
      await database.query(`create role ${role} login password 'limited-secret'`);
      const url = new URL(database.url);
      [url.username, url.password] = [role, 'limited-secret'];
      try {
        await refuses({ url: url.href }, 'TASKER_STORAGE_READ_ONLY', /lacks rights.*grant create on database/);
        await openAndClose({ url: database.url });
        await refuses({ url: url.href }, 'TASKER_STORAGE_READ_ONLY', /lacks rights.*grant usage on schema tasker/);
        await database.query(`grant usage on schema tasker to ${role}`);
        await database.query(`grant select on all tables in schema tasker to ${role}`);
        const storage = await openPostgres({ url: url.href, listenUrl: null });
        const saved = storage.templates.save({ id: 'h', namespace: 'n', name: 'n', version: '1', body: '{}' });
        await assert.rejects(saved, {
          code: 'TASKER_STORAGE_READ_ONLY',
          message: /grant select, insert, update, delete/,
        });
        await storage.close();
      } finally {
        await database.query(`drop owned by ${role}`);
        await database.query(`drop role ${role}`);
      }
    }));

  it('are refused in a database whose encoding cannot keep every text', () =>
    withDatabase(async (database) => {
      const name = `${database.name}_ascii`;
      await database.query(`create database ${name} encoding SQL_ASCII locale 'C' template template0`);
      const url = new URL(database.url);
      url.pathname = `/${name}`;
      try {
        await refuses({ url: url.href }, 'TASKER_STORAGE_UNAVAILABLE', /encoding SQL_ASCII.*needs UTF8/);
      } finally {
        await database.query(`drop database ${name} with (force)`);
      }
    }));
});
