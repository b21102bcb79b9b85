import type { TransactionClient } from './execution/transactional.ts';
import type { TaskHandle, TaskRequest } from './tasker.ts';

export type { TransactionClient };

/** Starting tasks in the caller's own transactions. */
export interface StartsInTransactions {
  /**
   * Creates a task in a transaction that you have begun on `client`, a connection to the database in which the store
   * is: your rows and the task are committed together, or neither is. Until your commit nobody sees it; a worker takes
   * it up right after. Needs no engine in this process. Wait for the task, or look at it, only after the commit. An
   * idempotency key finds the task of an earlier commit (`existing`), having waited for one that is under way.
   *
   * Call it last and commit at once: it takes the lock under which the log is written, and **every worker of the store
   * waits for it until your transaction ends**. One that then stays idle for ten seconds is ended by the server, which
   * undoes it. Transactions must be READ COMMITTED, as they are by default.
   *
   * Listeners of this process (`on`, `listen`) hear nothing of the creation; subscribers do.
   *
   * @throws TaskerError as `run`; `TASKER_TRANSACTION_UNFIT` without a transaction, in another isolation, on another
   *   database, or for a storage that is not on PostgreSQL: then nothing was written, and your transaction may go on.
   *   `TASKER_TEMPLATE_NOT_FOUND` also when no worker has started with this template yet. After `TASKER_STORAGE_*` or
   *   `TASKER_INTERNAL` roll back.
   */
  runIn(client: TransactionClient, request: TaskRequest): Promise<TaskHandle>;
}
