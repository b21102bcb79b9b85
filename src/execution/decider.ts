import { attemptSpanId } from '../events/trace-choices.ts';
import type { Random } from '../shared/ids.ts';
import { beginAttempt } from '../tasks/decide-attempt.ts';
import { checkDeadlines, settleTask, startTask } from '../tasks/decide-task.ts';
import { isRunnable, startableSteps } from '../tasks/readiness.ts';
import { plannedStep } from '../tasks/task-plan.ts';
import type { TaskState } from '../tasks/task-state.ts';
import type { Clock } from '../shared/clock.ts';
import { changeOf } from './creation.ts';
import type { LoadedTask } from './loaded-task.ts';
import type { Narration } from './narration.ts';
import { park } from './park.ts';
import type { ReadyCauses } from './ready-causes.ts';
import type { StepShares, StepSlots } from './step-slots.ts';
import { scheduleIfIdle } from './task-schedule.ts';
import type { Change, LeaseToken, Schedule } from './task-store.ts';
import { isRunnableHere } from './task-type.ts';
import { type Input, Turn } from './turn.ts';

/** `advance`: runs the task. `watch`: records the SLAs that have run out, then gives it back. */
export type RunMode = 'advance' | 'watch';

export interface DecidingSurroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly slots: StepSlots;
  readonly narration: Narration;
  readonly limits: { readonly stepsPerTask: number; readonly releaseAfterMs: number };
  /** Whether a waiting task may go back into the store: somebody will take it up again in time. */
  readonly mayRelease: () => boolean;
  /** False once the engine is stopping: nothing new begins. */
  readonly accepting: () => boolean;
  /** How long a task stays away that cannot be run here. */
  readonly awayMs: (taskId: string) => number;
  /** Something that no caller waits for went wrong. */
  readonly onProblem: (error: unknown) => void;
}

/** How a held task stands when a turn is taken. */
export interface Standing {
  /** As it is on disk; null until the task has been created. */
  readonly state: TaskState | null;
  readonly lease: LeaseToken | null;
  /** More inputs are waiting. */
  readonly wanted: boolean;
}

/** A turn that was decided, and what it takes to write it: null where nothing follows. */
export interface Decided {
  readonly turn: Turn;
  readonly inputs: readonly Input[];
  readonly change: Change | null;
}

/**
 * Decides a held task's turns: what its inputs mean, which steps begin now, and whether it can be given back. It
 * changes nothing but the slots that a turn's steps have taken; `undo` returns those of a turn that came to nothing.
 */
export class Decider {
  readonly #task: LoadedTask;
  readonly #mode: RunMode;
  readonly #causes: ReadyCauses;
  readonly #around: DecidingSurroundings;
  readonly #onRoom: () => void;
  #decidedAt = 0;

  /** `onRoom`: called when a slot is free that a turn found taken. */
  constructor(task: LoadedTask, mode: RunMode, causes: ReadyCauses, around: DecidingSurroundings, onRoom: () => void) {
    this.#task = task;
    this.#mode = mode;
    this.#causes = causes;
    this.#around = around;
    this.#onRoom = onRoom;
  }

  /** The time of the latest decision. */
  get decidedAt(): number {
    return this.#decidedAt;
  }

  undo(turn: Turn): void {
    for (const name of turn.begun) this.#around.slots.release(this.#sharesOf(name));
  }

  /** The first turn of a task that is only about to be. Its first fact is its creation: both bear the same time. */
  creation(input: Input): { readonly turn: Turn; readonly change: Change } {
    const standing: Standing = { state: null, lease: null, wanted: false };
    const turn = this.#turn(standing, [input], this.#task.row.createdAt);
    const change = this.#change(standing, turn, this.#scheduleIfIdle(standing, turn));
    return { turn, change: { ...change, create: this.#task.row } };
  }

  /** What follows from the inputs. A defect in deciding them does not come out: it is told, and dealt with here. */
  decide(standing: Standing, inputs: readonly Input[]): Decided | null {
    try {
      return this.#decide(standing, inputs);
    } catch (error) {
      return this.#decideAround(standing, inputs, error);
    }
  }

  /** null where not even that can be decided: then the next engine recovers the task as after a crash. */
  parked(standing: Standing, what: string, defect: unknown): Decided | null {
    try {
      const turn = new Turn(this.#task.type.plan, standing.state, this.#around.clock.now());
      park(turn.draft, what, defect);
      return { turn, inputs: [], change: this.#change(standing, turn, { dueAt: null, deadlineAt: null }) };
    } catch (error) {
      this.#around.onProblem(error);
      return null;
    }
  }

  #decide(standing: Standing, inputs: readonly Input[]): Decided {
    const turn = this.#turn(standing, inputs, this.#around.clock.now());
    try {
      const release = this.#scheduleIfIdle(standing, turn);
      const idle = isEmpty(turn) && release === null;
      return { turn, inputs, change: idle ? null : this.#change(standing, turn, release) };
    } catch (error) {
      this.undo(turn);
      throw error;
    }
  }

  /** Without the inputs that cannot be decided, if their senders can be told so; else the task is parked. */
  #decideAround(standing: Standing, inputs: readonly Input[], defect: unknown): Decided | null {
    this.#around.onProblem(defect);
    const sound: Input[] = [];
    let lost = false;
    for (const input of inputs) {
      try {
        this.undo(this.#decide(standing, [input]).turn);
        sound.push(input);
      } catch (error) {
        input.failed?.(error);
        lost ||= input.failed === undefined;
      }
    }
    if (!lost && sound.length < inputs.length) {
      try {
        return this.#decide(standing, sound);
      } catch (error) {
        this.#around.onProblem(error);
      }
    }
    for (const input of sound) input.failed?.(defect);
    return this.parked(standing, 'a turn that cannot be decided', defect);
  }

  #turn(standing: Standing, inputs: readonly Input[], now: number): Turn {
    this.#decidedAt = now;
    const turn = new Turn(this.#task.type.plan, standing.state, now);
    try {
      if (standing.state !== null) checkDeadlines(turn.draft);
      for (const input of inputs) input.decide(turn);
      if (this.#mode !== 'advance' || turn.draft.state.parked !== null) return turn;
      const { clock, narration } = this.#around;
      const startedMs = narration.silent ? null : clock.monotonicMs();
      this.#advance(standing, turn);
      turn.passMs = startedMs === null ? 0 : clock.monotonicMs() - startedMs;
      return turn;
    } catch (error) {
      this.undo(turn);
      throw error;
    }
  }

  #advance(standing: Standing, turn: Turn): void {
    const { draft } = turn;
    const accepting = this.#around.accepting() && isRunnableHere(this.#task.type);
    if (draft.state.status === 'pending' && accepting && (draft.state.startAt ?? 0) <= draft.now) {
      const { request } = this.#task;
      startTask(draft, { steps: request.bypass_steps, by: request.initiator, why: request.reason });
    }
    // Also while stopping: a task whose last step just ended has ended.
    settleTask(draft);
    if (accepting) this.#beginSteps(standing, turn);
  }

  #beginSteps({ state }: Standing, turn: Turn): void {
    const { draft } = turn;
    for (const name of startableSteps(draft.plan, draft.state, draft.now, this.#around.limits.stepsPerTask)) {
      // The next one may be of a system that has room.
      if (!this.#around.slots.tryTake(this.#onRoom, this.#task.row.priority, this.#sharesOf(name))) continue;
      turn.begun.push(name);
      const before = state?.steps.find((step) => step.name === name);
      if (before !== undefined && isRunnable(before) && state?.startedAt !== null) {
        turn.causedBy(this.#causes.of(name));
      }
      const number = (draft.state.steps.find((step) => step.name === name)?.attempts ?? 0) + 1;
      beginAttempt(draft, name, attemptSpanId(this.#task.row.rootSpanId, name, number));
    }
  }

  #sharesOf(step: string): StepShares {
    const { row, type } = this.#task;
    return this.#around.slots.sharesOf(row.namespace, plannedStep(type.plan, step)?.template.dependentSystem ?? '');
  }

  #scheduleIfIdle({ wanted }: Standing, { draft: { state, now } }: Turn): Schedule | null {
    return scheduleIfIdle(state, {
      now,
      mode: this.#mode,
      wanted,
      runnable: isRunnableHere(this.#task.type),
      awayMs: this.#around.awayMs(this.#task.row.id),
      accepting: this.#around.accepting(),
      mayRelease: this.#around.mayRelease(),
      releaseAfterMs: this.#around.limits.releaseAfterMs,
    });
  }

  #change(standing: Standing, turn: Turn, release: Schedule | null): Change {
    return changeOf(this.#task, standing, turn, release, this.#around.random);
  }
}

function isEmpty({ draft, annotations, commands }: Turn): boolean {
  return draft.facts.length === 0 && annotations.length === 0 && commands.length === 0;
}
