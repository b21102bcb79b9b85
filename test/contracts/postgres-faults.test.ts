import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { createTasker } from '../../src/create-tasker.ts';
import { Connections } from '../../src/storage/postgres/connection.ts';
import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import { creation, wholeLog, worker } from '../../src/testing/contracts/fixtures.ts';
import { needsOwnPostgres, needsPostgres, startServer, type TestDatabase, withDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';

const secret = 'a-secret-that-nobody-may-read';

function changed(database: TestDatabase, change: (url: URL) => void): string {
  const url = new URL(database.url);
  change(url);
  return url.href;
}

/** Rejects as unavailable with a message that says what to do, and shows the password nowhere, also not in its cause. */
async function unavailable(url: string, message: RegExp): Promise<void> {
  await assert.rejects(openPostgres({ url, listenUrl: null, connectTimeoutMs: 2_000 }), (error: Error) => {
    assert.equal('code' in error && error.code, 'TASKER_STORAGE_UNAVAILABLE', error.message);
    assert.match(error.message, message);
    if (url.includes(secret)) showsNoPassword(error, secret);
    return true;
  });
}

function showsNoPassword(error: unknown, password: string): void {
  const seen = new Set<unknown>();
  const look = (value: unknown): void => {
    if (typeof value === 'string') assert.ok(!value.includes(password), `shows the password: ${value}`);
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    for (const key of Object.getOwnPropertyNames(value)) look(Reflect.get(value, key));
  };
  look(error);
}

describe('A URL that leads to no storage on PostgreSQL', needsPostgres, () => {
  it('is told by its host when that is not known', () =>
    withDatabase((database) =>
      unavailable(
        changed(database, (url) => {
          [url.host, url.password] = ['nowhere.invalid', secret];
        }),
        /'postgres@nowhere\.invalid:\d+\/.*host name is not known/,
      ),
    ));

  it('is told by its port when nothing accepts connections there', () =>
    withDatabase((database) =>
      unavailable(
        changed(database, (url) => {
          [url.host, url.password] = ['localhost:1', secret];
        }),
        /'postgres@localhost:1\/.*nothing accepts connections.*ECONNREFUSED/,
      ),
    ));

  it('is told by its password when that is wrong, or missing', needsOwnPostgres, () =>
    withDatabase(async (database) => {
      await unavailable(
        changed(database, (url) => (url.password = secret)),
        /user or the password is wrong/,
      );
      const without = changed(database, (url) => (url.password = ''));
      await assert.rejects(openPostgres({ url: without, listenUrl: null }), {
        code: 'TASKER_STORAGE_UNAVAILABLE',
        message: /asks for a password/,
      });
    }),
  );

  it('is told by its database when there is none of that name', () =>
    withDatabase((database) =>
      unavailable(
        changed(database, (url) => (url.pathname = '/no_such_database')),
        /no such database.*no_such_database/,
      ),
    ));

  it('is refused when it is none, without being shown', async () => {
    for (const url of [
      `postgres://me:${secret}@host:port/x`,
      `mysql://me:${secret}@host/x`,
      secret,
      `postgres://me:1/${secret}@host/x`,
      `postgres://me:1#${secret}@host/x`,
    ]) {
      await assert.rejects(openPostgres({ url }), (error: Error) => {
        assert.equal('code' in error && error.code, 'TASKER_CONFIG_INVALID');
        showsNoPassword(error, secret);
        return true;
      });
    }
  });
});

describe('A URL with the directory of a socket', needsOwnPostgres, () => {
  it('leads to the storage, in each way in which the driver takes it', async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'tasker-socket-'));
    // Where it is allowed to write, and nothing else is.
    const server = await startServer({ directory, settings: ['unix_socket_directories=.'] });
    t.after(() => server.stop());
    const { name } = await server.createDatabase();
    const [port, socket] = [server.port, join(directory, 'data')];
    const login = `user=postgres&password=postgres&port=${port}`;
    for (const [url, shown] of [
      [`postgres:///${name}?host=${socket}&${login}`, `postgres:///${name}?host=${socket}&port=${port}`],
      [
        `postgres://postgres:postgres@/${name}?host=${socket}&port=${port}`,
        `postgres://postgres@/${name}?host=${socket}&port=${port}`,
      ],
      [
        `postgresql://postgres:postgres@${encodeURIComponent(socket)}:${port}/${name}`,
        `postgresql://postgres@${encodeURIComponent(socket)}:${port}/${name}`,
      ],
    ] as const) {
      const tasker = await createTasker({ storage: url, observers: false }, { env: {} });
      const { storage } = tasker.resolvedConfig;
      assert.equal(storage.kind === 'postgres' && storage.url, shown);
      await tasker.start();
      await tasker.stop();
    }
  });
});

describe('A storage on PostgreSQL', needsPostgres, () => {
  it('needs no right to create schemas where both are there already', needsOwnPostgres, () =>
    withDatabase(async (database) => {
      const limited = `limited_${database.name}`;
      await database.query(`create role ${limited} login password '${secret}'`);
      for (const schema of ['tasker', 'tasker_queue'])
        await database.query(`create schema ${schema} authorization ${limited}`);
      const url = changed(database, (given) => {
        [given.username, given.password] = [limited, secret];
      });
      const storage = await openPostgres({ url, listenUrl: null });
      await storage.workers.join(worker, () => []);
      const waits = { ...creation('t1'), release: { dueAt: 1, deadlineAt: null } };
      assert.equal((await storage.tasks.commit([waits]))[0]?.kind, 'committed');
      assert.equal((await storage.queue.takeDue(2, 1)).length, 1);
      await storage.close();
    }),
  );

  it('opened for reading only, reads and refuses every write', () =>
    withDatabase(async (database) => {
      await (await openPostgres({ url: database.url, listenUrl: null })).close();
      const storage = await openPostgres({ url: database.url, readOnly: true, listenUrl: null });
      assert.equal(await storage.reader.get('t0'), null);
      const readOnly = { code: 'TASKER_STORAGE_READ_ONLY' };
      await assert.rejects(
        storage.commands.submit({ id: 'c', kind: 'run', taskId: null, body: {}, requestedAt: 1 }),
        readOnly,
      );
      await assert.rejects(
        storage.templates.save({ id: 'h', namespace: 'n', name: 'n', version: '1', body: '{}' }),
        readOnly,
      );
      await assert.rejects(
        storage.workers.join(worker, () => []),
        readOnly,
      );
      await storage.close();
    }));

  it('whose process stops in the middle of a transaction is soon rid of it, behind a pooler too', () =>
    withDatabase(async ({ url }) => {
      const connections = new Connections({ url, pooler: true });
      const [row] = await connections.writer.transaction((queries) =>
        queries.rows(
          `select setting::integer as limit from pg_settings where name = 'idle_in_transaction_session_timeout'`,
        ),
      );
      assert.deepEqual(row, { limit: 5000 });
      await connections.close();
    }));

  it('is not opened where a pooler would give it stricter transactions', () =>
    withDatabase(async (database) => {
      await database.query(`alter database ${database.name} set default_transaction_isolation = 'repeatable read'`);
      await assert.rejects(openPostgres({ url: database.url, listenUrl: null, pooler: true }), {
        code: 'TASKER_CONFIG_INVALID',
        message: /'repeatable read'.*alter role postgres set default_transaction_isolation/s,
      });
      await (await openPostgres({ url: database.url, listenUrl: null })).close();
    }));

  it('shows no password to whoever looks at the configuration', () =>
    withDatabase(async ({ url }) => {
      const given = new URL(url);
      // A server that trusts everybody asks for none, and takes one all the same.
      if (given.password === '') given.password = 'secret';
      const shown = new URL(url);
      shown.password = '';
      const tasker = await createTasker({ storage: given.href, observers: false }, { env: {} });
      const { storage } = tasker.resolvedConfig;
      assert.deepEqual(storage.kind === 'postgres' && [storage.url, storage.listenUrl], [shown.href, shown.href]);
      await tasker.stop();
    }));

  it('names the command that backs it up, without a password', () =>
    withDatabase(async (database) => {
      const storage = await openPostgres({ url: database.url, listenUrl: null });
      await assert.rejects(storage.backup('/backups/today.dump'), (error: Error) => {
        assert.equal('code' in error && error.code, 'TASKER_BACKUP_FAILED');
        assert.match(
          error.message,
          /pg_dump --format=custom --schema=tasker --schema=tasker_queue --host=\S+ --port=\d+ --username=\w+ --file=\/backups\/today\.dump tasker_test_\w+$/,
        );
        return true;
      });
      await storage.close();
    }));

  it('says so when it has been closed, whatever is asked of it', () =>
    withDatabase(async (database) => {
      const storage = await openPostgres({ url: database.url });
      const asked = storage.reader.countByStatus();
      await storage.close();
      await storage.close();
      assert.equal((await asked).pending, 0);
      const closed = { code: 'TASKER_STORAGE_UNAVAILABLE', message: /has been closed/ };
      await assert.rejects(storage.tasks.commit([creation('t')]), closed);
      await assert.rejects(storage.tasks.load('t'), closed);
      await assert.rejects(storage.reader.get('t'), closed);
      await assert.rejects(storage.log.read({ after: 0, limit: 1 }), closed);
      await assert.rejects(storage.queue.nextAt(), closed);
      await assert.rejects(storage.commands.pending(1), closed);
    }));

  it('is another connection away when its own are cut', () =>
    withDatabase(async (database) => {
      const storage = await openPostgres({ url: database.url });
      await storage.workers.join(worker, () => []);
      await storage.tasks.commit([creation('t1')]);
      await database.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      );
      // What was under way may be lost with the connection, and says so; the next is made by itself.
      const written = await until(() =>
        storage.tasks.commit([creation('t2')]).catch((error: Error) => {
          assert.equal('code' in error && error.code, 'TASKER_STORAGE_UNAVAILABLE', error.message);
          return null;
        }),
      );
      assert.equal(written[0]?.kind, 'committed');
      assert.deepEqual((await storage.reader.get('t2'))?.task.id, 't2');
      await storage.close();
    }));
});

describe('A storage whose PostgreSQL goes down', needsOwnPostgres, () => {
  it('says that it cannot be reached, and goes on with all that was confirmed when it is back', async () => {
    const server = await startServer({ durable: true });
    try {
      const { url } = await server.createDatabase();
      const storage = await openPostgres({ url });
      await storage.workers.join(worker, () => []);
      assert.equal((await storage.tasks.commit([creation('t1')]))[0]?.kind, 'committed');
      await server.crash();
      const gone = { code: 'TASKER_STORAGE_UNAVAILABLE', retryable: true };
      await assert.rejects(storage.tasks.commit([creation('t2')]), gone);
      await assert.rejects(storage.reader.get('t1'), gone);
      await server.start();
      const back = await until(() => storage.reader.get('t1').catch(() => null));
      assert.equal(back.task.id, 't1');
      assert.equal((await storage.tasks.commit([creation('t3')]))[0]?.kind, 'committed');
      assert.equal(await storage.reader.get('t2'), null);
      assert.deepEqual(await wholeLog(storage), []);
      await storage.close();
    } finally {
      await server.stop();
    }
  });
});
