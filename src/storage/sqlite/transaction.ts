import type { Database, Statement } from 'better-sqlite3';

/** Write transactions by prepared statements: `db.transaction` would build closures for every call. */
export class Transactions {
  readonly #db: Database;
  readonly #begin: Statement<[]>;
  readonly #commit: Statement<[]>;
  readonly #rollback: Statement<[]>;
  readonly #mark: Statement<[]>;
  readonly #keep: Statement<[]>;
  readonly #undo: Statement<[]>;

  constructor(db: Database) {
    this.#db = db;
    this.#begin = db.prepare('begin immediate');
    this.#commit = db.prepare('commit');
    this.#rollback = db.prepare('rollback');
    this.#mark = db.prepare('savepoint one');
    this.#keep = db.prepare('release one');
    this.#undo = db.prepare('rollback to one');
  }

  /** All of `write` is on disk when this returns; nothing of it when it throws. */
  run<T>(write: () => T): T {
    this.#begin.run();
    try {
      const result = write();
      this.#commit.run();
      return result;
    } catch (error) {
      // A full disk or an I/O error has made SQLite roll back already.
      if (this.#db.inTransaction) this.#rollback.run();
      throw error;
    }
  }

  /** Within `run`: when `write` throws, its own part is undone and no more. */
  part<T>(write: () => T): T {
    this.#mark.run();
    try {
      const result = write();
      this.#keep.run();
      return result;
    } catch (error) {
      if (this.#db.inTransaction) {
        this.#undo.run();
        this.#keep.run();
      }
      throw error;
    }
  }
}
