import type { Database } from 'better-sqlite3';

import type { Change, CommitResult, StoredTask, TaskStore } from '../../execution/task-store.ts';
import type { EventAppender } from './append-events.ts';
import type { EngineLock } from './engine-lock.ts';
import { TaskLoader } from './load-task.ts';
import { internalError, type Place, throwMapped, toStorageError } from './storage-errors.ts';
import type { Transactions } from './transaction.ts';
import { ChangeWriter } from './write-change.ts';

export class SqliteTaskStore implements TaskStore {
  readonly #place: Place;
  readonly #transactions: Transactions;
  readonly #writer: ChangeWriter;
  readonly #loader: TaskLoader;

  constructor(db: Database, place: Place, lock: EngineLock, transactions: Transactions, events: EventAppender) {
    this.#place = place;
    this.#transactions = transactions;
    this.#writer = new ChangeWriter(db, lock, events);
    this.#loader = new TaskLoader(db);
  }

  /** `alongside` writes in the same transaction, after the changes; it is called again if they are written anew. */
  async commit(changes: readonly Change[], alongside?: () => void): Promise<readonly CommitResult[]> {
    try {
      return this.#transactions.run(() => {
        const results = changes.map((change) => this.#writer.write(change));
        alongside?.();
        return results;
      });
    } catch (error) {
      const storageError = toStorageError(error, this.#place);
      if (storageError !== null) throw storageError;
      return this.#commitApart(changes, alongside);
    }
  }

  async load(taskId: string): Promise<StoredTask | null> {
    try {
      return this.#loader.load(taskId);
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }

  /** The second try of a group in which one change is broken: a savepoint for each, so that the others go through. */
  #commitApart(changes: readonly Change[], alongside?: () => void): readonly CommitResult[] {
    try {
      return this.#transactions.run(() => {
        const results = changes.map((change) => this.#writeApart(change));
        alongside?.();
        return results;
      });
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }

  #writeApart(change: Change): CommitResult {
    try {
      return this.#transactions.part(() => this.#writer.write(change));
    } catch (error) {
      if (toStorageError(error, this.#place) !== null) throw error;
      return { kind: 'failed', error: internalError(error, this.#place) };
    }
  }
}
