import type { Change, CommitResult } from '../../execution/task-store.ts';
import type { Transactional, TransactionClient } from '../../execution/transactional.ts';
import { TaskerError } from '../../shared/errors.ts';
import { GroupWriter } from './commit-group.ts';
import { type Connections, mapped, type Queries } from './connection.ts';
import type { JobQueue } from './job-queue.ts';
import type { Place } from './storage-errors.ts';

/**
 * How long the caller's transaction may stay idle once it holds the log's lock, for which every worker waits: a
 * process that is stopped just then must not stop the fleet.
 */
const mayIdleMs = 5000;

interface Before {
  readonly isolation: string;
}

interface Found {
  readonly mark: string | null;
  readonly there: boolean;
}

interface Identity {
  readonly id: string;
}

/** Writes creations on somebody else's connection. What must be looked up elsewhere is looked up before the log's lock is taken. */
export class PostgresTransactional implements Transactional {
  readonly #connections: Connections;
  readonly #jobs: JobQueue;
  readonly #writer: GroupWriter;
  #identity: string | null = null;

  constructor(connections: Connections, jobs: JobQueue) {
    this.#connections = connections;
    this.#jobs = jobs;
    this.#writer = new GroupWriter(connections.schema);
  }

  commitWithin(client: TransactionClient, change: Change): Promise<CommitResult> {
    const { place } = this.#connections;
    return mapped(place, async () => {
      const queries = queriesOf(client);
      await this.#check(queries, change.taskId);
      const enqueueing = await this.#jobs.enqueueing(wakeUpsOf(change));
      const { changes } = await this.#writer
        .write(queries, null, [change], [], enqueueing)
        .catch(async (error: unknown) => {
          // The caller's transaction is lost; the queue is made anew for the next one.
          await this.#jobs.recover(error);
          throw error;
        });
      const [result] = changes;
      if (result === undefined) throw new Error('the commit function gave no result');
      return result;
    });
  }

  /** `mark`: a text of this call's own. It is set until the transaction ends: where it is gone, there was none. */
  async #check(queries: Queries, mark: string): Promise<void> {
    const { place, schema } = this.#connections;
    const [before] = await queries.rows<Before>(
      `select current_setting('transaction_isolation') as isolation, set_config('tasker.transaction', $1, true),
         set_config('idle_in_transaction_session_timeout', case
           when setting::integer between 1 and ${mayIdleMs} then setting else '${mayIdleMs}' end, true)
       from pg_settings where name = 'idle_in_transaction_session_timeout'`,
      [mark],
    );
    const [found] = await queries.rows<Found>(
      `select current_setting('tasker.transaction', true) as mark,
         to_regclass($1) is not null as there`,
      [`${schema}.identity`],
    );
    if (found?.mark !== mark) throw noTransaction(place);
    if (before?.isolation !== 'read committed') throw wrongIsolation(place, before?.isolation ?? 'unknown');
    if (!found.there || (await identityOf(queries, schema)) !== (await this.#ownIdentity())) throw elsewhere(place);
  }

  async #ownIdentity(): Promise<string> {
    const { side, schema } = this.#connections;
    this.#identity ??= await identityOf(side, schema);
    return this.#identity;
  }
}

/** A copy of a database has the same row in it, and another name or place of its tables. */
async function identityOf(queries: Queries, schema: string): Promise<string> {
  const [row] = await queries.rows<Identity>(
    `select concat_ws(' ', storage_id, current_database(), tableoid) as id from ${schema}.identity`,
  );
  return row?.id ?? '';
}

function wakeUpsOf({ taskId, create, release }: Change) {
  const dueAt = release?.dueAt ?? null;
  if (create === undefined || dueAt === null) return [];
  return [{ taskId, namespace: create.namespace, priority: create.priority, dueAt, token: 0, at: 1 }];
}

function queriesOf(client: TransactionClient): Queries {
  const rows = async <Row extends object>(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> =>
    (await client.query(sql, [...values])).rows as readonly Row[];
  const unused = (): never => {
    throw new Error('only rows are asked for on the connection of a caller');
  };
  return { rows, run: unused, query: unused };
}

function unfit(place: Place, why: string, details: Readonly<Record<string, unknown>> = {}): TaskerError {
  return new TaskerError('TASKER_TRANSACTION_UNFIT', `The task was not created: ${why}`, {
    details: { location: place.location, ...details },
  });
}

function noTransaction(place: Place): TaskerError {
  return unfit(
    place,
    `this client has no transaction open. Say 'begin' on it first, and give the client itself: a pool takes another connection for each statement.`,
  );
}

function wrongIsolation(place: Place, isolation: string): TaskerError {
  return unfit(
    place,
    `its transaction is '${isolation}', and only in READ COMMITTED is the log's end seen that others have just written. Begin it with 'begin isolation level read committed'.`,
    { isolation },
  );
}

function elsewhere(place: Place): TaskerError {
  return unfit(
    place,
    `this client is not connected to the database of the storage '${place.location}'. Give one that is: both are committed together only there.`,
  );
}
