// One PostgreSQL server for all that is measured, and an empty database on it for each.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client } from 'pg';

import type { Postgres } from '../peers/postgres.ts';
import { NotReady } from '../result.ts';

export interface Databases {
  readonly version: string;
  /** The settings that decide durability, as the server says them. */
  readonly settings: string;
  /** For files of whatever is measured; removed at the end. */
  readonly folder: string;
  /** URL of a new, empty database. */
  create(purpose: string): Promise<string>;
  /** Ends the server, or drops what was created on a server that others brought. */
  stop(): Promise<void>;
}

/**
 * @param server URL of a server to use, as a role that may create databases; undefined brings one.
 * @throws NotReady when the given server is out of reach, or does not put on disk what it confirms.
 */
export async function openDatabases(server: string | undefined): Promise<Databases> {
  const folder = await mkdtemp(join(tmpdir(), 'tasker-bench-postgres-'));
  // PostgreSQL may run as a user of its own, who must be able to come in.
  await chmod(folder, 0o777);
  const removeFolder = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const own = server === undefined ? await bringServer(folder) : null;
    return await databasesAt(own?.url ?? server ?? '', folder, async (created, client) => {
      if (own === null) for (const name of created) await client.query(`drop database "${name}" with (force)`);
      await client.end();
      await own?.stop();
      await removeFolder();
    });
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

/** Loaded only here: the package that brings the server takes over how a process exits, its exit code included. */
async function bringServer(folder: string): Promise<Postgres> {
  const { startPostgres } = await import('../peers/postgres.ts');
  return startPostgres(folder);
}

async function databasesAt(
  url: string,
  folder: string,
  close: (created: readonly string[], client: Client) => Promise<void>,
): Promise<Databases> {
  const client = new Client({ connectionString: url });
  // A server that goes away shows at the next query, if there is one.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (cause) {
    throw new NotReady(`The PostgreSQL server given with --server cannot be used: ${(cause as Error).message}`);
  }
  const show = async (name: string): Promise<string> => {
    const { rows } = await client.query<Record<string, string>>(`show ${name}`);
    return rows[0]?.[name] ?? '?';
  };
  const [version, fsync, commit] = [
    await show('server_version'),
    await show('fsync'),
    await show('synchronous_commit'),
  ];
  if (fsync !== 'on' || commit === 'off') {
    await client.end();
    throw new NotReady(
      `The server has fsync=${fsync} and synchronous_commit=${commit}: nothing there would be durable.`,
    );
  }
  const created: string[] = [];
  let creating: Promise<unknown> = Promise.resolve();
  return {
    version,
    settings: `fsync=${fsync}, synchronous_commit=${commit}`,
    folder,
    async create(purpose) {
      const name = `tasker_bench_${process.pid}_${purpose.toLowerCase()}`;
      // One after the other: a connection answers one query at a time, and several may ask at once.
      const made = creating.then(() => client.query(`create database "${name}" template template0`));
      creating = made.catch(() => undefined);
      await made;
      created.push(name);
      const address = new URL(url);
      address.pathname = `/${name}`;
      return address.href;
    },
    stop: () => close(created, client),
  };
}
