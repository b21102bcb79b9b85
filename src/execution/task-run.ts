import type { Timer } from '../shared/clock.ts';
import { TaskerError } from '../shared/errors.ts';
import { recoverLostAttempts } from '../tasks/decide-attempt.ts';
import { isAtRest } from '../tasks/readiness.ts';
import { plannedStep } from '../tasks/task-plan.ts';
import type { TaskState } from '../tasks/task-state.ts';
import { findUnclear } from '../tasks/unclear-state.ts';
import { maxAnnotations } from './annotation.ts';
import { attemptTrace, type InSpan } from './attempt-trace.ts';
import { attemptListener, returnAttempt } from './attempt-outcome.ts';
import { Attempt, type AttemptListener } from './attempt.ts';
import { type Decided, Decider, type DecidingSurroundings, type RunMode, type Standing } from './decider.ts';
import type { LoadedTask } from './loaded-task.ts';
import { ReadyCauses } from './ready-causes.ts';
import type { Recorder } from './recorder.ts';
import { stepContext } from './step-context.ts';
import { nextLookAt } from './task-schedule.ts';
import type { Change, CommitResult, LeaseToken, Schedule } from './task-store.ts';
import { isRunnableHere } from './task-type.ts';
import type { TracePolicy } from './trace-policy.ts';
import type { Input, Turn } from './turn.ts';
import type { WatchMemory } from './watchdog/watch-memory.ts';

/** What a run needs from its engine. */
export interface RunSurroundings extends DecidingSurroundings {
  readonly recorder: Recorder;
  readonly limits: DecidingSurroundings['limits'] & { readonly resultBytes: number };
  /** Where the watchdog sees which handler is being called; null when there is none. */
  readonly watched: WatchMemory | null;
  /** For how long this process's event loop has stood still so far, milliseconds. */
  readonly stoodStillMs: () => number;
  readonly tracing: TracePolicy;
  /** What handlers are called through. */
  readonly inSpan: InSpan;
  readonly onLate: () => void;
  /** The task has ended or was parked, durably. */
  readonly onRest: (run: TaskRun) => void;
  /** The run is over: the task was given back (and when it is wanted again), or another engine has it. */
  readonly onClosed: (run: TaskRun, schedule: Schedule | null) => void;
}

const retryWriteAfterMs = [100, 500, 2000, 5000] as const;
/** A change that the store refuses again while it takes others is a defect, not trouble that passes. */
const triesAlone = 3;

/**
 * One task that this engine holds.
 *
 * Inputs wait in the inbox. A turn takes all of them, decides what follows, lets ready steps begin, and hands one
 * change to the recorder; until that is on disk there is no further turn, so a task has at most one change under way
 * and its order is never in doubt. Only then do its effects happen: handlers are called, timers set, waiters told.
 * A change that could not be written is forgotten, and its inputs are decided again later. What can be neither decided
 * nor written, while the store takes other tasks' changes, is a defect: then the task is parked.
 */
export class TaskRun {
  readonly task: LoadedTask;
  readonly attempts = new Map<string, Attempt>();
  readonly causes: ReadyCauses;
  readonly #mode: RunMode;
  readonly #around: RunSurroundings;
  readonly #decider: Decider;
  readonly #listener: AttemptListener;
  readonly #pass = (): void => this.pass();
  #lease: LeaseToken | null;
  #state: TaskState | null;
  #inbox: Input[] = [];
  #writing = false;
  /** A turn was asked for while a change was being written: it is taken right after. */
  #passWanted = false;
  #closed = false;
  #abandoned = false;
  #failedWrites = 0;
  /** How often the store refused a change of this task while it took others. */
  #refusals = 0;
  #retry: Timer | null = null;
  #wake: Timer | null = null;
  #wakeAt: number | null = null;

  constructor(task: LoadedTask, lease: LeaseToken | null, around: RunSurroundings, mode: RunMode) {
    this.task = task;
    this.causes = new ReadyCauses(task.lastEventIds);
    this.#lease = lease;
    this.#state = task.state;
    this.#around = around;
    this.#mode = mode;
    this.#decider = new Decider(task, mode, this.causes, around, this.#pass);
    this.#listener = attemptListener(this, around);
  }

  get id(): string {
    return this.task.row.id;
  }

  /** Given up while it was held: others go on with it, or nobody, if it came to be held only afterwards. */
  get isAbandoned(): boolean {
    return this.#abandoned;
  }

  /** As it is on disk; null until the task has been created. */
  get state(): TaskState | null {
    return this.#state;
  }

  /**
   * On disk and, so far, with the attempts under way. A note is counted when it is made, and none that was taken is
   * dropped: those made at the same moment may pass the limit together.
   */
  get annotationCount(): number {
    let count = this.task.annotations.length;
    for (const { annotated } of this.attempts.values()) count += annotated.length;
    return count;
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
    const inputs = this.#inbox.splice(0);
    const decided = this.#decider.decide(this.#standing(), inputs);
    if (decided === null) return;
    if (decided.change !== null) return void this.#write(decided, decided.change).catch(this.#around.onProblem);
    for (const effect of decided.turn.afterwards) effect();
    this.#around.narration.passed(this.task, decided.turn);
    this.#setWake();
  }

  /** Creates the task. Resolves to the id of an earlier one with its idempotency key, or null; rejects with nothing written. */
  async create(input: Input): Promise<string | null> {
    const { turn, change, result } = await this.#writeCreation(input);
    if (result.kind === 'committed') {
      this.#lease = 1;
      this.#committed(turn, change, result.firstPosition);
      return null;
    }
    this.#giveUp(turn);
    if (result.kind === 'duplicate') return result.taskId;
    throw new TaskerError(
      'TASKER_LEASE_LOST',
      'The lease of this process on its store has run out; nothing was created. It joins again by itself: try again.',
    );
  }

  async #writeCreation(input: Input) {
    let created: ReturnType<Decider['creation']> | undefined;
    try {
      created = this.#decider.creation(input);
      this.#writing = true;
      const result = await this.#around.recorder.write(created.change);
      if (result.kind === 'failed') throw result.error;
      return { ...created, result };
    } catch (error) {
      this.#giveUp(created?.turn);
      throw error;
    }
  }

  /**
   * Takes up a stored task: attempts that were under way are lost; a state without explanation is parked. `inputs` are
   * decided in the same turn.
   */
  takeUp(inputs: readonly Input[]): void {
    this.#around.narration.takenUp(this.task, this.#mode === 'advance');
    if (this.#state !== null && !isRunnableHere(this.task.type)) {
      this.#around.narration.withoutHandlers(this.task, this.#state);
    }
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
    this.#inbox.push(...inputs);
    this.pass();
  }

  #giveUp(turn: Turn | undefined): void {
    if (turn !== undefined) this.#decider.undo(turn);
    this.#close(null);
  }

  /** Gives what is running back, for another engine to take up. Returns how many that were. */
  returnAttempts(): number {
    const running = [...this.attempts.values()];
    this.#endAttempts('the engine is stopping');
    for (const attempt of running) this.post({ decide: returnAttempt(this, attempt) });
    return running.length;
  }

  /** The engine is gone: nothing of the task is written any more. The next engine recovers it as after a crash. */
  abandon(): void {
    if (this.#closed) return;
    this.#abandoned = true;
    this.#endAttempts('the engine has stopped');
    this.#close(null);
  }

  async #write({ turn, inputs }: Decided, change: Change): Promise<void> {
    this.#writing = true;
    const { narration } = this.#around;
    narration.givingBack(this.task.row, change.release);
    let result: CommitResult;
    try {
      result = await this.#around.recorder.write(change);
    } catch (error) {
      narration.refused(this.task, turn, change, { reason: 'store_refused', error }, this.#failedWrites === 0);
      this.#takeBack(turn, inputs, error);
      return this.#retryLater(this.#pass);
    }
    if (result.kind === 'committed') return this.#committed(turn, change, result.firstPosition);
    if (this.#closed) {
      this.#decider.undo(turn);
      for (const input of inputs) input.dropped?.();
      return;
    }
    if (result.kind === 'failed') {
      const { error } = result;
      narration.refused(this.task, turn, change, { reason: 'store_refused', error }, this.#failedWrites === 0);
      return this.#refusedAlone(turn, inputs, error);
    }
    narration.refused(this.task, turn, change, { reason: 'lease_lost' }, true);
    // Another engine has the task: whatever this one still does about it is void.
    this.#decider.undo(turn);
    this.#endAttempts('the lease was lost');
    this.#inbox.unshift(...inputs);
    this.#close(null);
  }

  #refusedAlone(turn: Turn, inputs: readonly Input[], error: TaskerError): void {
    this.#takeBack(turn, inputs, error);
    this.#refusals += 1;
    if (this.#refusals === 1 || this.#refusals > triesAlone) this.#around.onProblem(error);
    if (this.#refusals < triesAlone) return this.#retryLater(this.#pass);
    if (this.#refusals > triesAlone) {
      // Not even its parking is taken: it stays as it is on disk until somebody asks for it or the engine restarts.
      this.#writing = false;
      return;
    }
    this.#retryLater(() => {
      const decided = this.#decider.parked(this.#standing(), 'a change that the store refuses', error);
      if (decided?.change) void this.#write(decided, decided.change).catch(this.#around.onProblem);
    });
  }

  #standing(): Standing {
    return { state: this.#state, lease: this.#lease, wanted: this.#inbox.length > 0 };
  }

  #takeBack(turn: Turn, inputs: readonly Input[], error: unknown): void {
    this.#decider.undo(turn);
    this.#inbox.unshift(...inputs.filter((input) => input.failed === undefined));
    for (const input of inputs) input.failed?.(error);
  }

  #committed(turn: Turn, change: Change, firstPosition: number | null): void {
    const before = this.#state;
    for (const [step, { results }] of turn.results) this.task.results.set(step, results);
    this.task.annotations.push(...turn.annotations);
    this.#state = turn.draft.state;
    this.#failedWrites = 0;
    this.#refusals = 0;
    this.#writing = false;
    this.causes.committed(before, this.#state, change.events);
    this.#around.narration.committed(this.task, { before, turn, change, firstPosition });
    if (this.#closed) {
      // Given up while this was being written. It is on disk: whoever has the task next goes on from there.
      this.#decider.undo(turn);
      for (const effect of turn.afterwards) effect();
      return;
    }
    if (this.#state.status === 'cancelled') this.#endAttempts('the task was cancelled');
    if (this.#state.parked !== null) this.#endAttempts('the task was parked');
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
    const { clock, slots, limits, narration, watched, stoodStillMs, tracing, inSpan } = this.#around;
    const attempt = new Attempt(planned.template, step.attempts, {
      clock,
      stoodStillMs,
      slots,
      shares: slots.sharesOf(this.task.row.namespace, planned.template.dependentSystem),
      maxResultBytes: limits.resultBytes,
      checkEvent: (event, payload) => this.task.type.checkEvent(name, event, payload),
      hasRoomForNote: () => this.annotationCount < maxAnnotations,
      listener: this.#listener,
    });
    this.attempts.set(name, attempt);
    const told = { step: name, attempt: step.attempts, spanId: step.spanId, causationId: this.causes.latest(name) };
    narration.handling('before', this.task, planned.template, told);
    watched?.called(this.task.row, name, step.attempts);
    const span = attemptTrace(this.task, tracing.enabled, { step: name, attempt: step.attempts });
    // The handler alone: what the engine does around it belongs to no attempt.
    attempt.start((context) => inSpan(span, () => handler(context)), stepContext(this.task, planned, step, span));
    watched?.returned();
    narration.handling('called', this.task, planned.template, told);
  }

  #endAttempts(why: string): void {
    for (const attempt of this.attempts.values()) attempt.end(new DOMException(why, 'AbortError'));
    this.attempts.clear();
  }

  /** `#writing` stays set meanwhile: inputs gather, and nothing is decided that could not be written either. */
  #retryLater(retry: () => void): void {
    // Given up while the store was refusing it: no timer may outlive the engine.
    if (this.#closed) return;
    const delayMs = retryWriteAfterMs[Math.min(this.#failedWrites, retryWriteAfterMs.length - 1)] ?? 0;
    this.#failedWrites += 1;
    this.#retry = this.#around.clock.setTimer(delayMs, () => {
      this.#writing = false;
      retry();
    });
  }

  #setWake(): void {
    if (this.#state === null || this.#closed) return;
    const at = nextLookAt(this.#state, this.#decider.decidedAt);
    if (at === this.#wakeAt) return;
    this.#wake?.cancel();
    this.#wakeAt = at;
    if (at === null) return;
    const { clock, narration } = this.#around;
    this.#wake = clock.setTimer(Math.max(0, at - clock.now()), () => {
      this.#wakeAt = null;
      narration.woken(this.task, this.#state, clock.now());
      this.pass();
    });
  }

  #close(schedule: Schedule | null): void {
    this.#closed = true;
    this.#wake?.cancel();
    this.#retry?.cancel();
    this.#around.slots.forget(this.#pass);
    this.#around.onClosed(this, schedule);
    for (const input of this.#inbox.splice(0)) input.dropped?.();
  }
}
