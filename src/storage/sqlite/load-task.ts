import type { Database, Statement, Transaction } from 'better-sqlite3';

import type { AnnotationRow, StoredTask } from '../../execution/task-store.ts';
import { type StepRecord, type TaskRow, toNewTask, toTaskState } from '../rows.ts';

interface LastEvent {
  readonly subject: string;
  readonly id: string;
}

/** Reads everything that is kept of one task, as one consistent state. */
export class TaskLoader {
  readonly #task: Statement<[string], TaskRow>;
  readonly #steps: Statement<[string], StepRecord>;
  readonly #lastEvents: Statement<[string], LastEvent>;
  readonly #annotations: Statement<[string], AnnotationRow>;
  readonly #read: Transaction<(taskId: string) => StoredTask | null>;

  constructor(db: Database) {
    this.#task = db.prepare('select * from tasks where id = ?');
    this.#steps = db.prepare('select * from steps where task_id = ? order by ordinal');
    // SQLite takes the other columns from the row that holds the maximum.
    this.#lastEvents = db.prepare(
      "select coalesce(step, '') as subject, id, max(position) from events where task_id = ? group by step",
    );
    this.#annotations = db.prepare(
      'select at, noted_by as by, step, attempt, key, value_json as value from annotations where task_id = ? order by position',
    );
    this.#read = db.transaction((taskId) => this.#readAll(taskId));
  }

  load(taskId: string): StoredTask | null {
    return this.#read(taskId);
  }

  #readAll(taskId: string): StoredTask | null {
    const row = this.#task.get(taskId);
    if (row === undefined) return null;
    const steps = this.#steps.all(taskId);
    const results = new Map<string, string>();
    for (const step of steps) if (step.results_json !== null) results.set(step.name, step.results_json);
    const lastEventIds = new Map(this.#lastEvents.all(taskId).map((last) => [last.subject, last.id]));
    return {
      task: toNewTask(row),
      state: toTaskState(row, steps),
      results,
      lastEventIds,
      annotations: this.#annotations.all(taskId),
    };
  }
}
