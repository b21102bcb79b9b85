import { type Clock, systemClock } from '../../shared/clock.ts';
import { type CopiedRow, type CopiedTable, copiedTables, type CopiedValue } from '../copied-tables.ts';
import type { CopyTarget } from '../copy-storage.ts';
import { DigestSum, digestSql, type TableDigest } from '../table-digest.ts';
import { bigintArray, booleanArray, float8Array, integerArray, textArray } from './binary-arrays.ts';
import { type ConnectionOptions, Connections, mapped } from './connection.ts';
import { beginFilling } from './filling.ts';
import { JobQueue } from './job-queue.ts';
import { Membership } from './membership.ts';
import { migrate } from './migrate.ts';
import { requireOwnSessions } from './own-sessions.ts';
import { throwMapped } from './storage-errors.ts';
import { PostgresWorkQueue } from './work-queue.ts';
import { storableText } from './storable-text.ts';

/** Opens a storage to be filled, creating or migrating it first. */
export async function openCopyTarget(options: ConnectionOptions): Promise<CopyTarget> {
  const connections = new Connections({ statementTimeoutMs: 300_000, ...options });
  try {
    await requireOwnSessions(connections);
    await migrate(connections);
    return new PostgresCopyTarget(connections, systemClock);
  } catch (error) {
    await connections.close();
    return throwMapped(error, connections.place);
  }
}

const checkedRows = 5_000;

class PostgresCopyTarget implements CopyTarget {
  readonly location: string;
  readonly #connections: Connections;
  readonly #clock: Clock;

  constructor(connections: Connections, clock: Clock) {
    this.#connections = connections;
    this.#clock = clock;
    this.location = connections.place.location;
  }

  begin(source: string): Promise<boolean> {
    return this.#mapped(() => beginFilling(this.#connections, source));
  }

  count({ name }: CopiedTable): Promise<number> {
    return this.#mapped(async () => {
      const { writer, schema } = this.#connections;
      const [row] = await writer.rows<{ readonly rows: number }>(`select count(*) as rows from ${schema}.${name}`);
      return row?.rows ?? 0;
    });
  }

  storable(row: CopiedRow): CopiedRow {
    return row.map((value) => (typeof value === 'string' ? storableText(value) : value));
  }

  insert(table: CopiedTable, rows: readonly CopiedRow[]): Promise<void> {
    return this.#mapped(async () => {
      const { writer, schema } = this.#connections;
      const kinds = Object.values(table.columns);
      const names = Object.keys(table.columns).map((column) => `"${column}"`);
      const arrays = kinds.map((kind, index) => `$${index + 1}::${kind}[]`);
      // A row that is there already shows in the checksums: then the table is copied anew.
      await writer.run(
        `insert into ${schema}.${table.name} (${names.join(', ')}) overriding system value
         select * from unnest(${arrays.join(', ')}) on conflict do nothing`,
        kinds.map((_, index) => columnOf(table, rows, index)),
      );
    });
  }

  async digest(table: CopiedTable, onRows: (rows: number) => void): Promise<TableDigest> {
    const sum = new DigestSum();
    let after: readonly CopiedValue[] | null = null;
    for (;;) {
      const from: readonly CopiedValue[] | null = after;
      const { rows, high, low, last }: DigestPage = await this.#mapped(() => this.#digestPage(table, from));
      sum.addSums(rows, high ?? '0', low ?? '0');
      if (rows > 0) onRows(rows);
      if (rows < checkedRows || last === null) return sum.total();
      after = last;
    }
  }

  clear({ name }: CopiedTable): Promise<void> {
    const { writer, schema } = this.#connections;
    return this.#mapped(async () => void (await writer.run(`truncate ${schema}.${name}`)));
  }

  async finish(): Promise<void> {
    await this.#mapped(async () => {
      const { writer, schema } = this.#connections;
      await this.#enqueueWaiting();
      // Plans for the queries of lists and reports; the engine's own do not ask what is in the tables.
      for (const { name } of copiedTables) await writer.run(`analyze ${schema}.${name}`);
      await writer.transaction(async (queries) => {
        for (const { name } of copiedTables.filter(({ counts }) => counts)) {
          await queries.rows(
            `select setval(pg_get_serial_sequence($1, 'position'), greatest(max(position), 1), count(*) > 0)
             from ${schema}.${name}`,
            [`${schema}.${name}`],
          );
        }
        await queries.run(`update ${schema}.identity set filled_at = ${schema}.now_ms()`);
      });
    });
  }

  close(): Promise<void> {
    return this.#connections.close();
  }

  /** A task that waits gets its job. Those held by a worker that did not leave are freed by the first one that joins. */
  async #enqueueWaiting(): Promise<void> {
    const { side, place } = this.#connections;
    const jobs = new JobQueue(side, place);
    try {
      const queue = new PostgresWorkQueue(
        this.#connections,
        new Membership(place),
        jobs,
        this.#clock,
        () => () => undefined,
      );
      await queue.repair(Number.MAX_VALUE);
    } finally {
      await jobs.close();
    }
  }

  async #digestPage(table: CopiedTable, after: readonly CopiedValue[] | null): Promise<DigestPage> {
    const { writer, schema } = this.#connections;
    const key = table.key.map((column) => `"${column}"`).join(', ');
    const beyond =
      after === null ? '' : `where (${key}) > (${table.key.map((_, index) => `$${index + 1}`).join(', ')})`;
    const { hash, high, low } = digestSql(table);
    const [page] = await writer.rows<DigestPage>(
      `with page as materialized (
         select ${key}, ${hash} as hash from (
           select * from ${schema}.${table.name} ${beyond} order by ${key} limit ${checkedRows}) as rows
       )
       select count(*) as rows, sum(${high})::text as high, sum(${low})::text as low,
         (select json_build_array(${key}) from page order by ${descending(table)} limit 1) as last
       from page`,
      after ?? [],
    );
    if (page === undefined) throw new Error('PostgreSQL did not say what a table holds');
    return page;
  }

  #mapped<T>(work: () => Promise<T>): Promise<T> {
    return mapped(this.#connections.place, work);
  }
}

interface DigestPage {
  readonly rows: number;
  readonly high: string | null;
  readonly low: string | null;
  /** The key of the last row. */
  readonly last: readonly CopiedValue[] | null;
}

function descending({ key }: CopiedTable): string {
  return key.map((column) => `"${column}" desc`).join(', ');
}

function columnOf({ columns }: CopiedTable, rows: readonly CopiedRow[], index: number): Buffer {
  const value = (row: CopiedRow): CopiedValue => row[index] ?? null;
  const number = (row: CopiedRow): number | null => numberOrNull(value(row));
  switch (Object.values(columns)[index]) {
    case 'integer':
      return integerArray(rows, number);
    case 'bigint':
      return bigintArray(rows, number);
    case 'float8':
      return float8Array(rows, number);
    case 'boolean':
      return booleanArray(rows, (row) => value(row) as boolean | null);
    default:
      return textArray(rows, (row) => value(row) as string | null);
  }
}

function numberOrNull(value: CopiedValue): number | null {
  return value === null ? null : Number(value);
}
