import type { Database, Statement } from 'better-sqlite3';

import type { Change, CommitResult, NewTask, StepRow } from '../../execution/task-store.ts';
import { TaskerError } from '../../shared/errors.ts';
import type { EventAppender } from './append-events.ts';
import type { EngineLock } from './engine-lock.ts';
import { failureText } from '../rows.ts';
import { TaskGuard } from './task-guard.ts';

const leaseLost: CommitResult = { kind: 'lease_lost' };

/**
 * Writes one change. This is the hot path: parameters are positional and nothing is allocated but what SQLite
 * asks for. A refusal is decided before the first row is written, so refused changes need no rollback.
 */
export class ChangeWriter {
  readonly #lock: EngineLock;
  readonly #guard: TaskGuard;
  readonly #events: EventAppender;
  readonly #findByKey: Statement<[string, string, string], string>;
  readonly #insertTask: Statement;
  readonly #insertStep: Statement;
  readonly #updateStep: Statement;
  readonly #insertError: Statement<[string, string, number, string, string, string | null]>;
  readonly #insertAnnotation: Statement;
  readonly #settleCommand: Statement<[string, string]>;

  constructor(db: Database, lock: EngineLock, events: EventAppender) {
    this.#lock = lock;
    this.#guard = new TaskGuard(db, lock);
    this.#events = events;
    this.#findByKey = db
      .prepare<[string, string, string], string>(
        'select id from tasks where namespace = ? and name = ? and idempotency_key = ?',
      )
      .pluck();
    this.#insertTask = db.prepare(`insert into tasks (
      id, template_id, namespace, name, version, created_at, context_json, request_json, correlation_id, idempotency_key,
      trace_id, root_span_id, parent_span_id, sla_deadline_at, status, started_at, ended_at, first_ended_at,
      sla_breached_at, parked, due_at, deadline_at, lease_worker, lease_token, priority, start_at
    ) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#insertStep = db.prepare(`insert into steps (
      task_id, name, ordinal, status, attempts, failures, losses, first_ready_at, ready_at, started_at, finished_at,
      span_id, sla_deadline_at, sla_breached_at, stalled_attempt, key_generation, failure_json, results_json
    ) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    // Results that are not given stay as they are.
    this.#updateStep = db.prepare(`update steps set
      status = ?, attempts = ?, failures = ?, losses = ?, first_ready_at = ?, ready_at = ?, started_at = ?,
      finished_at = ?, span_id = ?, sla_deadline_at = ?, sla_breached_at = ?, stalled_attempt = ?,
      key_generation = ?, failure_json = ?,
      results_json = coalesce(?, results_json)
      where task_id = ? and name = ?`);
    this.#insertError = db.prepare(
      'insert into attempt_errors (task_id, step, attempt, type, message, stack) values (?, ?, ?, ?, ?, ?)',
    );
    this.#insertAnnotation = db.prepare(
      'insert into annotations (task_id, at, noted_by, step, attempt, key, value_json) values (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#settleCommand = db.prepare('update commands set outcome_json = ? where id = ? and outcome_json is null');
  }

  write(change: Change): CommitResult {
    if (change.create !== undefined) {
      const refusal = this.#create(change, change.create);
      if (refusal !== null) return refusal;
    } else {
      if (!this.#guard.pass(change)) return leaseLost;
      for (const row of change.steps) this.#update(change.taskId, row);
    }
    for (const error of change.errors) {
      this.#insertError.run(change.taskId, error.step, error.attempt, error.type, error.message, error.stack);
    }
    if (change.annotations !== undefined) {
      for (const { at, by, step, attempt, key, value } of change.annotations) {
        this.#insertAnnotation.run(change.taskId, at, by, step, attempt, key, value);
      }
    }
    const firstPosition = this.#events.append(change.events);
    if (change.commands.length > 0) {
      const outcome = JSON.stringify({ kind: 'applied', taskId: change.taskId });
      for (const id of change.commands) this.#settleCommand.run(outcome, id);
    }
    return { kind: 'committed', firstPosition };
  }

  #create(change: Change, task: NewTask): CommitResult | null {
    const holder = change.release === undefined ? this.#lock.workerId : null;
    if (holder === null && change.release === undefined) return leaseLost;
    if (task.idempotencyKey !== null) {
      const earlier = this.#findByKey.get(task.namespace, task.name, task.idempotencyKey);
      if (earlier !== undefined) return { kind: 'duplicate', taskId: earlier };
    }
    const state = change.task;
    if (state === undefined)
      throw new TaskerError('TASKER_INTERNAL', `Task '${task.id}' is created without its state.`);
    this.#insertTask.run(
      task.id,
      task.templateId,
      task.namespace,
      task.name,
      task.version,
      task.createdAt,
      task.context,
      task.request,
      task.correlationId,
      task.idempotencyKey,
      task.traceId,
      task.rootSpanId,
      task.parentSpanId,
      task.slaDeadlineAt,
      state.status,
      state.startedAt,
      state.endedAt,
      state.firstEndedAt,
      state.slaBreachedAt,
      state.parked,
      change.release === undefined ? null : change.release.dueAt,
      change.release === undefined ? null : change.release.deadlineAt,
      holder,
      holder === null ? 0 : 1,
      task.priority,
      task.startAt,
    );
    for (let ordinal = 0; ordinal < change.steps.length; ordinal += 1) {
      const row = change.steps[ordinal];
      if (row !== undefined) this.#insert(task.id, ordinal, row);
    }
    return null;
  }

  #insert(taskId: string, ordinal: number, row: StepRow): void {
    const step = row.state;
    this.#insertStep.run(
      taskId,
      step.name,
      ordinal,
      step.status,
      step.attempts,
      step.failures,
      step.losses,
      step.firstReadyAt,
      step.readyAt,
      step.startedAt,
      step.finishedAt,
      step.spanId,
      step.slaDeadlineAt,
      step.slaBreachedAt,
      step.stalledAttempt,
      step.keyGeneration,
      failureText(step),
      row.results === undefined ? null : row.results,
    );
  }

  #update(taskId: string, row: StepRow): void {
    const step = row.state;
    const { changes } = this.#updateStep.run(
      step.status,
      step.attempts,
      step.failures,
      step.losses,
      step.firstReadyAt,
      step.readyAt,
      step.startedAt,
      step.finishedAt,
      step.spanId,
      step.slaDeadlineAt,
      step.slaBreachedAt,
      step.stalledAttempt,
      step.keyGeneration,
      failureText(step),
      row.results === undefined ? null : row.results,
      taskId,
      step.name,
    );
    if (changes === 0) throw new TaskerError('TASKER_INTERNAL', `Task '${taskId}' has no step '${step.name}'.`);
  }
}
