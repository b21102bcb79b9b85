import Database from 'better-sqlite3';

import type { Storage } from '../src/execution/storage.ts';
import { openSqlite } from '../src/storage/sqlite/open-sqlite.ts';

interface Write {
  readonly sql: string;
  readonly params: readonly unknown[];
}

/** The writes of one change each, in order. */
export type RecordedWrites = readonly (readonly Write[])[];

/**
 * Runs an engine while noting every row-writing statement it executes with its parameters. Changes are committed one
 * by one here, so that it is known which statements belong to which; that run is not timed.
 */
export async function recordWrites(
  run: (wrapStorage: (storage: Storage) => Storage) => Promise<unknown>,
): Promise<RecordedWrites> {
  const changes: Write[][] = [];
  let current: Write[] | null = null;
  const prototype = Database.prototype as { prepare: (sql: string) => Database.Statement };
  const { prepare } = prototype;
  prototype.prepare = function prepareNoting(this: Database.Database, sql: string) {
    const statement = prepare.call(this, sql);
    if (!/^\s*(insert|update)/i.test(sql)) return statement;
    const execute = statement.run.bind(statement);
    statement.run = (...params: unknown[]) => {
      current?.push({ sql, params });
      return execute(...params);
    };
    return statement;
  };
  try {
    await run((storage) => ({
      ...storage,
      tasks: {
        load: (taskId) => storage.tasks.load(taskId),
        async commit(group) {
          const results = [];
          for (const change of group) {
            current = [];
            results.push(...(await storage.tasks.commit([change])));
            changes.push(current);
            current = null;
          }
          return results;
        },
      },
    }));
  } finally {
    prototype.prepare = prepare;
  }
  return changes;
}

/** Writes the same rows with bare prepared statements, `groupSize` changes to a transaction. Seconds that took. */
export async function replay(file: string, changes: RecordedWrites, groupSize: number): Promise<number> {
  // The schema and settings are the engine's own; only what writes is bare.
  await (await openSqlite({ file, maxBytes: null })).close();
  const db = new Database(file);
  db.pragma('journal_mode = wal');
  db.pragma('synchronous = full');
  const statements = new Map<string, Database.Statement>();
  for (const writes of changes) {
    for (const { sql } of writes) if (!statements.has(sql)) statements.set(sql, db.prepare(sql));
  }
  const bound = changes.map((writes) => writes.map(({ sql, params }) => ({ statement: statements.get(sql), params })));
  const begin = db.prepare('begin immediate');
  const commit = db.prepare('commit');
  const began = performance.now();
  for (let first = 0; first < bound.length; first += groupSize) {
    begin.run();
    const end = Math.min(first + groupSize, bound.length);
    for (let index = first; index < end; index += 1) {
      for (const { statement, params } of bound[index] ?? []) statement?.run(...params);
    }
    commit.run();
  }
  const seconds = (performance.now() - began) / 1000;
  db.close();
  return seconds;
}

export interface Content {
  readonly rows: number;
  readonly bytes: number;
}

/** Rows and bytes of what tasks leave behind: the tables that the engine's changes write. */
export function contentOf(file: string): Content {
  const db = new Database(file, { readonly: true });
  let rows = 0;
  let bytes = 0;
  for (const table of ['tasks', 'steps', 'events']) {
    const columns = db.pragma(`table_info(${table})`) as { name: string }[];
    // Positions count on from what a worker said before: a digit more or less is not the changes' doing.
    const length = columns
      .filter(({ name }) => name !== 'position')
      .map(({ name }) => `coalesce(length(cast(${name} as blob)), 0)`)
      .join(' + ');
    // What a worker says about itself is not part of any change.
    const where = table === 'events' ? 'where task_id is not null' : '';
    const found = db
      .prepare(`select count(*) as n, coalesce(sum(${length}), 0) as size from ${table} ${where}`)
      .get() as { n: number; size: number };
    rows += found.n;
    bytes += found.size;
  }
  db.close();
  return { rows, bytes };
}

/** Durations and ids differ in digits between runs: `tolerance` is the fraction of bytes that may differ. */
export function sameContent(a: Content, b: Content, tolerance: number): boolean {
  return a.rows === b.rows && Math.abs(a.bytes - b.bytes) <= tolerance * a.bytes;
}
