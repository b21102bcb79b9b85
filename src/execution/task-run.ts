import type { Clock, Timer } from '../shared/clock.ts';
import { TaskerError } from '../shared/errors.ts';
import { type Random, spanId as newSpanId } from '../shared/ids.ts';
import { beginAttempt, recoverLostAttempts } from '../tasks/decide-attempt.ts';
import { checkDeadlines, settleTask, startTask } from '../tasks/decide-task.ts';
import { isAtRest, isRunnable, nextDeadlineAt, nextStartAt, startableSteps } from '../tasks/readiness.ts';
import { plannedStep } from '../tasks/task-plan.ts';
import type { TaskState } from '../tasks/task-state.ts';
import { findUnclear } from '../tasks/unclear-state.ts';
import { attemptListener, returnAttempt } from './attempt-outcome.ts';
import { Attempt, type AttemptListener } from './attempt.ts';
import type { LoadedTask } from './loaded-task.ts';
import type { Narration } from './narration.ts';
import { ReadyCauses } from './ready-causes.ts';
import type { Recorder } from './recorder.ts';
import { stepContext } from './step-context.ts';
import type { StepSlots } from './step-slots.ts';
import type { Change, CommitResult, LeaseToken, Schedule } from './task-store.ts';
import { changedRows, type Input, Turn } from './turn.ts';

/** What a run needs from its engine. */
export interface RunSurroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly recorder: Recorder;
  readonly slots: StepSlots;
  readonly narration: Narration;
  readonly limits: { readonly stepsPerTask: number; readonly releaseAfterMs: number; readonly resultBytes: number };
  /** Whether a waiting task may go back into the store: somebody will take it up again in time. */
  readonly mayRelease: () => boolean;
  /** False once the engine is stopping: nothing new begins. */
  readonly accepting: () => boolean;
  readonly onLate: () => void;
  /** Something that no caller waits for went wrong. */
  readonly onProblem: (error: unknown) => void;
  /** The task has ended or was parked, durably. */
  readonly onRest: (run: TaskRun) => void;
  /** The run is over: the task was given back (and when it is wanted again), or another engine has it. */
  readonly onClosed: (run: TaskRun, schedule: Schedule | null) => void;
}

/** `advance`: runs it. `watch`: records the SLAs that have run out, then gives it back. */
export type RunMode = 'advance' | 'watch';

const retryWriteAfterMs = [100, 500, 2000, 5000] as const;

/**
 * One task that this engine holds.
 *
 * Inputs wait in the inbox. A turn takes all of them, decides what follows, lets ready steps begin, and hands one
 * change to the recorder; until that is on disk there is no further turn, so a task has at most one change under way
 * and its order is never in doubt. Only then do its effects happen: handlers are called, timers set, waiters told.
 * A change that could not be written is forgotten, and its inputs are decided again later.
 */
export class TaskRun {
  readonly task: LoadedTask;
  readonly attempts = new Map<string, Attempt>();
  readonly causes: ReadyCauses;
  readonly #mode: RunMode;
  readonly #around: RunSurroundings;
  readonly #listener: AttemptListener;
  readonly #pass = (): void => this.pass();
  #lease: LeaseToken | null;
  #state: TaskState | null;
  #inbox: Input[] = [];
  #writing = false;
  /** A turn was asked for while a change was being written: it is taken right after. */
  #passWanted = false;
  #closed = false;
  #failedWrites = 0;
  #decidedAt = 0;
  #wake: Timer | null = null;
  #wakeAt: number | null = null;

  constructor(task: LoadedTask, lease: LeaseToken | null, around: RunSurroundings, mode: RunMode) {
    this.task = task;
    this.causes = new ReadyCauses(task.lastEventIds);
    this.#lease = lease;
    this.#state = task.state;
    this.#around = around;
    this.#mode = mode;
    this.#listener = attemptListener(this, around);
  }

  get id(): string {
    return this.task.row.id;
  }

  /** As it is on disk; null until the task has been created. */
  get state(): TaskState | null {
    return this.#state;
  }

  post(input: Input): void {
    if (this.#closed) return input.dropped?.();
    this.#inbox.push(input);
    this.pass();
  }

  /** Takes a turn: an input came, room appeared, or time passed. */
  pass(): void {
    if (this.#closed) return;
    if (this.#writing) {
      this.#passWanted = true;
      return;
    }
    this.#passWanted = false;
    const inputs = this.#inbox;
    this.#inbox = [];
    let turn: Turn;
    let change: Change | null;
    try {
      turn = this.#decide(inputs);
      const release = this.#scheduleIfIdle(turn);
      const idle = turn.draft.facts.length === 0 && turn.commands.length === 0 && release === null;
      change = idle ? null : this.#change(turn, release);
    } catch (error) {
      // A defect: no input is worth a crash of the process. The next engine recovers the task as after one.
      for (const input of inputs) input.failed?.(error);
      return this.#around.onProblem(error);
    }
    if (change !== null) return void this.#write(turn, inputs, change).catch(this.#around.onProblem);
    for (const effect of turn.afterwards) effect();
    this.#around.narration.passed(this.task, turn);
    this.#setWake();
  }

  /** Creates the task. Resolves to the id of an earlier one with its idempotency key, or null; rejects with nothing written. */
  async create(input: Input): Promise<string | null> {
    // Its first fact is its creation: both bear the same time.
    const turn = this.#decide([input], this.task.row.createdAt);
    const change: Change = { ...this.#change(turn, this.#scheduleIfIdle(turn)), create: this.task.row };
    this.#writing = true;
    let result: CommitResult;
    try {
      result = await this.#around.recorder.write(change);
    } catch (error) {
      this.#undo(turn);
      this.#close(null);
      throw error;
    }
    if (result.kind === 'committed') {
      this.#lease = 1;
      this.#committed(turn, change, result.firstPosition);
      return null;
    }
    this.#undo(turn);
    this.#close(null);
    if (result.kind === 'duplicate') return result.taskId;
    throw new TaskerError(
      'TASKER_LEASE_LOST',
      'This process is no longer the engine of its store; nothing was created.',
    );
  }

  /**
   * Takes up a stored task: attempts that were under way are lost; a state without explanation is parked. `input` is
   * decided in the same turn.
   */
  takeUp(input?: Input): void {
    this.#around.narration.takenUp(this.task, this.#mode === 'advance');
    this.#inbox.push({
      decide: ({ draft }) => {
        if (draft.state.parked !== null) return;
        const unclear = findUnclear(draft.plan, draft.state);
        if (unclear !== null) {
          draft.record({ name: 'workflow.task_state_unclear', at: draft.now, payload: unclear });
        } else if (this.#mode === 'advance') {
          recoverLostAttempts(draft);
        }
      },
    });
    if (input !== undefined) this.#inbox.push(input);
    this.pass();
  }

  /** Gives what is running back, for another engine to take up. Returns how many that were. */
  returnAttempts(): number {
    const running = [...this.attempts.values()];
    this.#endAttempts('the engine is stopping');
    for (const attempt of running) this.post({ decide: returnAttempt(attempt) });
    return running.length;
  }

  #decide(inputs: readonly Input[], now = this.#around.clock.now()): Turn {
    this.#decidedAt = now;
    const turn = new Turn(this.task.type.plan, this.#state, now);
    if (this.#state !== null) checkDeadlines(turn.draft);
    for (const input of inputs) input.decide(turn);
    if (this.#mode !== 'advance' || turn.draft.state.parked !== null) return turn;
    const { clock, narration } = this.#around;
    const startedMs = narration.silent ? null : clock.monotonicMs();
    this.#advance(turn);
    turn.passMs = startedMs === null ? 0 : clock.monotonicMs() - startedMs;
    return turn;
  }

  #advance(turn: Turn): void {
    const { draft } = turn;
    const accepting = this.#around.accepting();
    if (draft.state.status === 'pending' && accepting && (draft.state.startAt ?? 0) <= draft.now) {
      const { request } = this.task;
      startTask(draft, { steps: request.bypass_steps, by: request.initiator, why: request.reason });
    }
    // Also while stopping: a task whose last step just ended has ended.
    settleTask(draft);
    if (accepting) this.#beginSteps(turn);
  }

  #beginSteps(turn: Turn): void {
    const { draft } = turn;
    for (const name of startableSteps(draft.plan, draft.state, draft.now, this.#around.limits.stepsPerTask)) {
      if (!this.#around.slots.tryTake(this.#pass, this.task.row.priority)) break;
      const before = this.#state?.steps.find((step) => step.name === name);
      if (before !== undefined && isRunnable(before) && this.#state?.startedAt !== null) {
        turn.causedBy(this.causes.of(name));
      }
      turn.begun.push(name);
      beginAttempt(draft, name, newSpanId(this.#around.random));
    }
  }

  /** When to come back to the task, if nothing more can be done about it here and now; null to keep it. */
  #scheduleIfIdle({ draft: { state, now } }: Turn): Schedule | null {
    if (isAtRest(state)) return { dueAt: null, deadlineAt: null };
    const running = state.steps.some((step) => step.status === 'in_progress');
    const startAt = nextStartAt(state);
    const deadlineAt = nextDeadlineAt(state);
    if (this.#mode === 'watch') return { dueAt: running ? now : (startAt ?? now), deadlineAt };
    if (running || this.#inbox.length > 0) return null;
    const canWait = this.#around.mayRelease() && startAt !== null && startAt > now + this.#around.limits.releaseAfterMs;
    return canWait || !this.#around.accepting() ? { dueAt: startAt ?? now, deadlineAt } : null;
  }

  #change(turn: Turn, release: Schedule | null): Change {
    const { row, envelope } = this.task;
    return {
      taskId: row.id,
      lease: this.#lease,
      ...changedRows(this.#state, turn.draft.state, turn.results),
      errors: turn.errors,
      events: turn.events(
        { id: row.id, rootSpanId: row.rootSpanId, parentSpanId: row.parentSpanId, envelope },
        this.#around.random,
      ),
      commands: turn.commands,
      ...(release !== null && { release }),
    };
  }

  async #write(turn: Turn, inputs: readonly Input[], change: Change): Promise<void> {
    this.#writing = true;
    const { narration } = this.#around;
    narration.givingBack(this.task.row, change.release);
    let result: CommitResult;
    try {
      result = await this.#around.recorder.write(change);
    } catch (error) {
      narration.refused(this.task, turn, change, { reason: 'store_refused', error }, this.#failedWrites === 0);
      this.#undo(turn);
      this.#inbox.unshift(...inputs.filter((input) => input.failed === undefined));
      for (const input of inputs) input.failed?.(error);
      return this.#retryLater();
    }
    if (result.kind === 'committed') return this.#committed(turn, change, result.firstPosition);
    narration.refused(this.task, turn, change, { reason: 'lease_lost' }, true);
    // Another engine has the task: whatever this one still does about it is void.
    this.#undo(turn);
    this.#endAttempts('the lease was lost');
    this.#inbox.unshift(...inputs);
    this.#close(null);
  }

  #committed(turn: Turn, change: Change, firstPosition: number | null): void {
    const before = this.#state;
    for (const [step, { results }] of turn.results) this.task.results.set(step, results);
    this.#state = turn.draft.state;
    this.#failedWrites = 0;
    this.#writing = false;
    this.causes.committed(before, this.#state, change.events);
    this.#around.narration.committed(this.task, { before, turn, change, firstPosition });
    if (this.#state.status === 'cancelled') this.#endAttempts('the task was cancelled');
    for (const name of turn.begun) this.#launch(name);
    for (const effect of turn.afterwards) effect();
    if (isAtRest(this.#state) && (before === null || !isAtRest(before))) this.#around.onRest(this);
    if (change.release !== undefined) return this.#close(change.release);
    if (this.#inbox.length > 0 || this.#passWanted) this.pass();
    else this.#setWake();
  }

  #launch(name: string): void {
    const planned = plannedStep(this.task.type.plan, name);
    const handler = this.task.type.handlers.get(name);
    const step = planned && this.#state?.steps[planned.index];
    if (planned === undefined || handler === undefined || step === undefined) return;
    const { clock, slots, limits, narration } = this.#around;
    const attempt = new Attempt(planned.template, step.attempts, {
      clock,
      slots,
      maxResultBytes: limits.resultBytes,
      listener: this.#listener,
    });
    this.attempts.set(name, attempt);
    const told = { step: name, attempt: step.attempts, spanId: step.spanId, causationId: this.causes.latest(name) };
    narration.handling('before', this.task, planned.template, told);
    attempt.start(handler, stepContext(this.task, planned, step));
    narration.handling('called', this.task, planned.template, told);
  }

  #endAttempts(why: string): void {
    for (const attempt of this.attempts.values()) attempt.end(new DOMException(why, 'AbortError'));
    this.attempts.clear();
  }

  #undo(turn: Turn): void {
    for (const _name of turn.begun) this.#around.slots.release();
  }

  /** `#writing` stays set meanwhile: inputs gather, and nothing is decided that could not be written either. */
  #retryLater(): void {
    const delayMs = retryWriteAfterMs[Math.min(this.#failedWrites, retryWriteAfterMs.length - 1)] ?? 0;
    this.#failedWrites += 1;
    this.#around.clock.setTimer(delayMs, () => {
      this.#writing = false;
      this.pass();
    });
  }

  #setWake(): void {
    if (this.#state === null || this.#closed) return;
    const now = this.#around.clock.now();
    const startAt = nextStartAt(this.#state);
    // Against the time of the decision, not of now: a step whose wait ended while the change was being written has
    // not been looked at yet. One that was ready before waits for room, which is announced.
    const waiting = startAt !== null && startAt > this.#decidedAt ? startAt : null;
    const at = earlier(waiting, nextDeadlineAt(this.#state));
    if (at === this.#wakeAt) return;
    this.#wake?.cancel();
    this.#wakeAt = at;
    if (at === null) return;
    this.#wake = this.#around.clock.setTimer(Math.max(0, at - now), () => {
      this.#wakeAt = null;
      this.#around.narration.woken(this.task, this.#state, this.#around.clock.now());
      this.pass();
    });
  }

  #close(schedule: Schedule | null): void {
    this.#closed = true;
    this.#wake?.cancel();
    this.#around.slots.forget(this.#pass);
    this.#around.onClosed(this, schedule);
    for (const input of this.#inbox.splice(0)) input.dropped?.();
  }
}

function earlier(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
