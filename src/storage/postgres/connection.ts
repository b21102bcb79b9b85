import pg from 'pg';

import { errorMessage, TaskerError } from '../../shared/errors.ts';
import { parsePostgresUrl } from '../../shared/postgres-url.ts';
import { askable } from './storable-text.ts';
import { closedError, isConnectionLost, type Place, throwMapped } from './storage-errors.ts';
import { untilNoConflict } from './transaction.ts';

export interface ConnectionOptions {
  /** `postgres://user:password@host:port/database?…`, as libpq has it; what is missing is taken from PGHOST and so on. */
  readonly url: string;
  /** Default `tasker`. */
  readonly schema?: string | undefined;
  /** A direct connection for LISTEN when `url` is a pooler's; null: nobody listens. Default: `url`. */
  readonly listenUrl?: string | null | undefined;
  /** Connections to read with; default 4. */
  readonly poolSize?: number | undefined;
  /** Default `tasker`; shows in `pg_stat_activity`. */
  readonly applicationName?: string | undefined;
  /**
   * Default false. True when `url` is a pooler that gives out connections by transaction: no prepared statements and
   * no settings of the session. Set `statement_timeout` on the role then.
   */
  readonly pooler?: boolean | undefined;
  /** How long a statement may take; default 30 000. */
  readonly statementTimeoutMs?: number | undefined;
  /** How long a connection may take to be made; default 10 000. */
  readonly connectTimeoutMs?: number | undefined;
  readonly readOnly?: boolean | undefined;
}

/** One connection or a pool of them, with the statements that were said on it. */
export interface Queries {
  /** `bigint` comes as number. */
  rows<Row extends object>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** How many rows it wrote. */
  run(sql: string, values?: readonly unknown[]): Promise<number>;
  /** As `pg` gives it: for libraries that bring their own statements. */
  query(sql: string, values?: readonly unknown[]): Promise<pg.QueryResult>;
}

const defaultPoolSize = 4;
const sideConnections = 2;
// Longer than the server's own limit: what runs into this one has lost the server.
const beyondStatementTimeoutMs = 5_000;
const idleMs = 30_000;
// A timer's longest: to the driver 0 is no limit of its own.
const foreverMs = 2 ** 31 - 1;
/**
 * How long a transaction may wait for its own process, which may be stopped just then: the log's lock, for which every
 * worker waits, is to be free again before a lease runs out. Set for each, as a pooler takes no settings of a session.
 */
const idleInTransactionMs = 5_000;
const begin = `begin isolation level read committed; set local idle_in_transaction_session_timeout = ${idleInTransactionMs}`;
// Whatever the database's own default is: with more, who waits for the log's lock would not see what came before him.
const ownIsolation = '-c default_transaction_isolation=read\\ committed';

/**
 * The connections of one storage in one process: they are made when needed and made again when lost. At most one
 * writes for the recorder, one keeps the worker's lease, two do the rest of the engine's work, four read; `listen`
 * makes one more.
 */
export class Connections {
  readonly place: Place;
  /** The schema's name, quoted, for SQL. */
  readonly schema: string;
  /** The recorder's flushes, one after the other. */
  readonly writer: Pool;
  /**
   * Joining, renewing, leaving: one after the other, and nothing else. Whoever has just taken a hundred tasks up reads
   * them through `side`: a renewal that waited behind these, or behind the voiding of others, would come too late, the
   * tasks would be freed and taken again, and so on for ever.
   */
  readonly lease: Pool;
  /** Queue, tasks taken up, commands, retention, what others have lost. */
  readonly side: Pool;
  readonly reads: Pool;
  /** It is given connections by transaction. */
  readonly pooler: boolean;
  readonly #options: ConnectionOptions;
  #closed: Promise<void> | null = null;

  /** @throws TaskerError `TASKER_CONFIG_INVALID` for a URL or a schema that cannot be one. */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.place = placeOf(options);
    this.schema = `"${this.place.schema}"`;
    this.pooler = options.pooler === true;
    const pool = (most: number): Pool => new Pool(configOf(options, most), this.place, !this.pooler);
    this.writer = pool(1);
    this.lease = pool(1);
    this.side = pool(sideConnections);
    this.reads = pool(options.poolSize ?? defaultPoolSize);
  }

  /** A direct connection, not yet made, that belongs to whoever asked for it. */
  listener(): pg.Client {
    const { listenUrl, url, applicationName = 'tasker', connectTimeoutMs } = this.#options;
    return new Client({
      connectionString: listenUrl ?? url,
      application_name: `${applicationName} listen`,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: connectTimeoutMs ?? 10_000,
    });
  }

  /** Waits for what is under way. */
  close(): Promise<void> {
    this.#closed ??= Promise.all([this.writer, this.lease, this.side, this.reads].map((pool) => pool.end())).then(
      () => undefined,
    );
    return this.#closed;
  }
}

/** The pool forgets a client that could not connect; with its socket left open the server would wait for it, a minute. */
class Client extends pg.Client {
  override connect(): Promise<pg.Client>;
  override connect(callback: (error: Error | null, client?: pg.Client) => void): void;
  override connect(callback?: (error: Error | null, client?: pg.Client) => void): Promise<pg.Client> | void {
    const giveUp = (): void => void this.end().catch(() => undefined);
    if (callback === undefined) {
      return super.connect().catch((error: unknown) => {
        giveUp();
        throw error;
      });
    }
    return super.connect((error: Error | null) => {
      if (error !== null && error !== undefined) giveUp();
      callback(error, this);
    });
  }
}

export class Pool implements Queries {
  readonly #pool: pg.Pool;
  readonly #place: Place;
  readonly #names: StatementNames | null;
  #ended = false;

  constructor(config: pg.PoolConfig, place: Place, prepared: boolean) {
    this.#pool = new pg.Pool(config);
    this.#place = place;
    this.#names = prepared ? new StatementNames() : null;
    // An idle connection that breaks is replaced by the next query; unheard, the event would end the process.
    this.#pool.on('error', () => undefined);
  }

  async rows<Row extends object>(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return (await this.#query(this.#pool, sql, values)).rows as Row[];
  }

  async run(sql: string, values: readonly unknown[] = []): Promise<number> {
    return (await this.#query(this.#pool, sql, values)).rowCount ?? 0;
  }

  async query(sql: string, values: readonly unknown[] = []): Promise<pg.QueryResult> {
    return this.#query(this.#pool, sql, values, false);
  }

  /** All of `use` or nothing. Tried again from the beginning when it got in the way of another transaction. */
  transaction<T>(use: (queries: Queries) => Promise<T>): Promise<T> {
    return untilNoConflict(() => this.#once(use));
  }

  /** The same without a limit for its statements. */
  unhurriedTransaction<T>(use: (queries: Queries) => Promise<T>): Promise<T> {
    return untilNoConflict(() =>
      this.#once(async (queries) => {
        await queries.query('set local statement_timeout = 0');
        return use(queries);
      }, foreverMs),
    );
  }

  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#pool.end();
  }

  async #once<T>(use: (queries: Queries) => Promise<T>, timeoutMs?: number): Promise<T> {
    if (this.#ended) throw closedError(this.#place);
    const client = await this.#pool.connect();
    let broken = false;
    // Between two statements nobody else listens, and unheard it would end the process.
    const onError = (): void => {
      broken = true;
    };
    client.on('error', onError);
    const queries: Queries = {
      rows: async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
        (await this.#query(client, sql, values, true, timeoutMs)).rows as Row[],
      run: async (sql, values = []) => (await this.#query(client, sql, values, true, timeoutMs)).rowCount ?? 0,
      query: (sql, values = []) => this.#query(client, sql, values, false, timeoutMs),
    };
    try {
      await client.query(begin);
      const result = await use(queries);
      await client.query('commit');
      return result;
    } catch (error) {
      broken ||= isConnectionLost(error);
      if (!broken) await client.query('rollback').catch(() => (broken = true));
      throw error;
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
  }

  #query(
    on: pg.Pool | pg.PoolClient,
    sql: string,
    values: readonly unknown[],
    prepared = true,
    timeoutMs?: number,
  ): Promise<pg.QueryResult> {
    if (this.#ended && on === this.#pool) return Promise.reject(closedError(this.#place));
    const name = prepared ? this.#names?.of(sql) : undefined;
    return on.query({
      text: sql,
      values: values.map(askable),
      ...(name !== undefined && { name }),
      ...(timeoutMs !== undefined && { query_timeout: timeoutMs }),
    });
  }
}

/** Maps whatever goes wrong; for the ports' methods. */
export async function mapped<T>(place: Place, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    return throwMapped(error, place);
  }
}

/** The server keeps a plan by name and connection. Texts are few: those of the code, and a filter's combinations. */
class StatementNames {
  readonly #byText = new Map<string, string>();

  of(text: string): string {
    let name = this.#byText.get(text);
    if (name === undefined) {
      name = `tasker_${this.#byText.size + 1}`;
      this.#byText.set(text, name);
    }
    return name;
  }
}

// pg-boss allows 50 for its own, which is this one's with `_queue`.
const schemaPattern = /^[a-z_][a-z0-9_]{0,43}$/;

function placeOf({ url, schema = 'tasker' }: ConnectionOptions): Place {
  if (!schemaPattern.test(schema)) {
    throw new TaskerError(
      'TASKER_CONFIG_INVALID',
      `'${schema}' cannot be the name of a storage's schema: it must match ${schemaPattern.source}. Choose another name.`,
      { details: { schema } },
    );
  }
  if (parsePostgresUrl(url) === null) throw notAUrl();
  const { user = '', host, port, database = '' } = parsed(url);
  return { location: `${user}@${host}:${port}/${database}, schema ${schema}`, schema, user, host, port, database };
}

/** The driver reads the files that the URL names for TLS. */
function parsed(url: string): pg.Client {
  try {
    return new pg.Client({ connectionString: url });
  } catch (cause) {
    throw new TaskerError('TASKER_CONFIG_INVALID', `The URL of the storage cannot be used: ${errorMessage(cause)}.`, {
      cause,
    });
  }
}

/** Without what was given: it may hold a password. */
function notAUrl(): TaskerError {
  return new TaskerError(
    'TASKER_CONFIG_INVALID',
    'The URL of the storage cannot be read. Expected postgres://user:password@host:port/database; special characters in the password must be percent-encoded.',
  );
}

function configOf(options: ConnectionOptions, max: number): pg.PoolConfig {
  const { url, applicationName = 'tasker', statementTimeoutMs = 30_000, connectTimeoutMs = 10_000 } = options;
  return {
    connectionString: url,
    Client,
    max,
    types: numbersForBigints(),
    application_name: applicationName,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: idleMs,
    query_timeout: statementTimeoutMs + beyondStatementTimeoutMs,
    // A pooler in transaction mode takes no settings of a session.
    ...(options.pooler !== true && {
      statement_timeout: statementTimeoutMs,
      options: options.readOnly === true ? `${ownIsolation} -c default_transaction_read_only=on` : ownIsolation,
    }),
  };
}

const BIGINT_OID = 20;

/** Positions and times stay far below 2^53. */
function numbersForBigints(): pg.TypeOverrides {
  const types = new pg.TypeOverrides();
  types.setTypeParser(BIGINT_OID, Number);
  return types;
}
