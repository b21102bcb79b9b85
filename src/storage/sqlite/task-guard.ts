import type { Database, Statement } from 'better-sqlite3';

import type { Change } from '../../execution/task-store.ts';
import type { EngineLock } from './engine-lock.ts';

const held = 'where id = ? and lease_token = ? and lease_worker = ?';
const stateColumns = 'status = ?, started_at = ?, ended_at = ?, first_ended_at = ?, sla_breached_at = ?, parked = ?';
const release = 'lease_worker = null, due_at = ?, deadline_at = ?';

/**
 * Lets a change through only if its writer still holds the task. Where the task's own row is written anyway, the
 * check is that update's condition; only changes of nothing but steps need a look of their own.
 */
export class TaskGuard {
  readonly #lock: EngineLock;
  readonly #look: Statement<[string, number, string], number>;
  readonly #update: Statement;
  readonly #updateAndRelease: Statement;
  readonly #release: Statement;

  constructor(db: Database, lock: EngineLock) {
    this.#lock = lock;
    this.#look = db.prepare<[string, number, string], number>(`select 1 from tasks ${held}`).pluck();
    this.#update = db.prepare(`update tasks set ${stateColumns} ${held}`);
    this.#updateAndRelease = db.prepare(`update tasks set ${stateColumns}, ${release} ${held}`);
    this.#release = db.prepare(`update tasks set ${release} ${held}`);
  }

  /** Writes the task's own columns and gives it back, if the change says so; false when the lease is lost. */
  pass(change: Change): boolean {
    const { taskId, lease, task, release: schedule } = change;
    const worker = this.#lock.workerId;
    if (worker === null || lease === null) return false;
    if (task === undefined) {
      if (schedule === undefined) return this.#look.get(taskId, lease, worker) !== undefined;
      return this.#release.run(schedule.dueAt, schedule.deadlineAt, taskId, lease, worker).changes > 0;
    }
    if (schedule === undefined) {
      return (
        this.#update.run(
          task.status,
          task.startedAt,
          task.endedAt,
          task.firstEndedAt,
          task.slaBreachedAt,
          task.parked,
          taskId,
          lease,
          worker,
        ).changes > 0
      );
    }
    return (
      this.#updateAndRelease.run(
        task.status,
        task.startedAt,
        task.endedAt,
        task.firstEndedAt,
        task.slaBreachedAt,
        task.parked,
        schedule.dueAt,
        schedule.deadlineAt,
        taskId,
        lease,
        worker,
      ).changes > 0
    );
  }
}
