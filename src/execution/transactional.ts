import type { Change, CommitResult } from './task-store.ts';

/**
 * A connection to the store's database that somebody else has begun a transaction on: a `pg` client, or whatever hands
 * text and values on to one.
 */
export interface TransactionClient {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

/**
 * Writing in a transaction of the caller's. For the implementer: everything is written by statements on `client`, so
 * that it stands or falls with the caller's own rows; nothing needs a worker.
 *
 * @throws TaskerError `TASKER_TRANSACTION_UNFIT` where nothing would be sure: no transaction, another database, an
 *   isolation in which positions could not be given. Nothing has been written then.
 */
export interface Transactional {
  /** The creation of a task that is given back at once. */
  commitWithin(client: TransactionClient, change: Change): Promise<CommitResult>;
}
