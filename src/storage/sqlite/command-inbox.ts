import type { Database, Statement } from 'better-sqlite3';

import type { CommandInbox, CommandKind, CommandOutcome, StoredCommand } from '../../execution/command-inbox.ts';
import type { JsonObject } from '../../shared/json.ts';
import { MovedGuard } from './moved.ts';
import { type Place, throwMapped } from './storage-errors.ts';

interface CommandRow {
  readonly id: string;
  readonly kind: CommandKind;
  readonly task_id: string | null;
  readonly body_json: string;
  readonly requested_at: number;
}

export class SqliteCommandInbox implements CommandInbox {
  readonly #place: Place;
  readonly #moved: MovedGuard;
  readonly #dataVersion: Statement<[], number>;
  readonly #insert: Statement<[string, string, string | null, string, number]>;
  readonly #pending: Statement<[string | null, number], CommandRow>;
  readonly #pendingOf: Statement<[string | null, string, number], CommandRow>;
  readonly #settle: Statement<[string, string]>;
  readonly #refuse: Statement<[string, string]>;
  readonly #setAwaited: Statement<[number, string]>;
  readonly #outcome: Statement<[string], string | null>;
  #seenVersion: number | undefined;
  #submittedHere = false;

  constructor(db: Database, place: Place) {
    this.#place = place;
    this.#moved = new MovedGuard(db, place);
    this.#dataVersion = db.prepare<[], number>('pragma data_version').pluck();
    // In one statement: while it waits for whoever copies the storage away, that one may mark it.
    this.#insert = db.prepare(
      `insert into commands (id, kind, task_id, body_json, requested_at, awaited)
       select ?, ?, ?, ?, ?, 1 where not exists (select 1 from moved)`,
    );
    const pending = `select id, kind, task_id, body_json, requested_at from commands
      where outcome_json is null and position > coalesce((select position from commands where id = ?), 0)`;
    this.#pending = db.prepare(`${pending} order by position limit ?`);
    this.#pendingOf = db.prepare(
      `${pending} and (task_id in (select value from json_each(?)) or (kind = 'run' and awaited = 1))
       order by position limit ?`,
    );
    const settle = 'update commands set outcome_json = ? where id = ? and outcome_json is null';
    this.#settle = db.prepare(settle);
    this.#refuse = db.prepare(`${settle} and awaited = 1`);
    this.#setAwaited = db.prepare('update commands set awaited = ? where id = ? and outcome_json is null');
    this.#outcome = db.prepare<[string], string | null>('select outcome_json from commands where id = ?').pluck();
  }

  async submit(command: StoredCommand): Promise<void> {
    try {
      const { id, kind, taskId, body, requestedAt } = command;
      const values = [id, kind, taskId, JSON.stringify(body), requestedAt] as const;
      // Once more where it was taken back in between.
      while (this.#insert.run(...values).changes === 0) this.#moved.requireHere();
      this.#submittedHere = true;
    } catch (error) {
      throwMapped(error, this.#place);
    }
  }

  /** SQLite counts up when another connection has committed: the answer costs a look at shared memory. */
  hasNews(): boolean {
    try {
      const version = this.#dataVersion.get();
      const news = this.#submittedHere || version !== this.#seenVersion;
      this.#seenVersion = version;
      this.#submittedHere = false;
      return news;
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }

  async pending(limit: number, ofTasks?: readonly string[], after?: string): Promise<readonly StoredCommand[]> {
    try {
      const from = after ?? null;
      const rows =
        ofTasks === undefined
          ? this.#pending.all(from, limit)
          : this.#pendingOf.all(from, JSON.stringify(ofTasks), limit);
      return rows.map((row) => ({
        id: row.id,
        kind: row.kind,
        taskId: row.task_id,
        body: JSON.parse(row.body_json) as JsonObject,
        requestedAt: row.requested_at,
      }));
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }

  async pass(): Promise<void> {
    // There is one engine, and what it cannot do nobody can.
  }

  async settle(commandId: string, outcome: CommandOutcome): Promise<void> {
    try {
      this.#settle.run(JSON.stringify(outcome), commandId);
    } catch (error) {
      throwMapped(error, this.#place);
    }
  }

  async refuseAwaited(commandId: string, code: string, message: string): Promise<void> {
    const outcome: CommandOutcome = { kind: 'refused', code, message };
    try {
      this.#refuse.run(JSON.stringify(outcome), commandId);
    } catch (error) {
      throwMapped(error, this.#place);
    }
  }

  leave(commandId: string): Promise<CommandOutcome | null> {
    return this.#await(0, commandId);
  }

  async awaitAgain(commandId: string): Promise<CommandOutcome | null> {
    const outcome = await this.#await(1, commandId);
    this.#submittedHere = true;
    return outcome;
  }

  async #await(awaited: 0 | 1, commandId: string): Promise<CommandOutcome | null> {
    try {
      this.#setAwaited.run(awaited, commandId);
    } catch (error) {
      throwMapped(error, this.#place);
    }
    return this.outcome(commandId);
  }

  async outcome(commandId: string): Promise<CommandOutcome | null> {
    try {
      const text = this.#outcome.get(commandId);
      return text === undefined || text === null ? null : (JSON.parse(text) as CommandOutcome);
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }
}
