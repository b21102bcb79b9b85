import type { Clock, Timer } from '../shared/clock.ts';
import type { RunMode } from './decider.ts';
import type { TaskRun } from './task-run.ts';
import type { Schedule } from './task-store.ts';
import type { TakenTask, WorkQueue } from './work-queue.ts';

export interface DueTasksOptions {
  readonly queue: WorkQueue;
  /** Tasks of these alone; null: of all. */
  readonly namespaces: readonly string[] | null;
  readonly clock: Clock;
  /** How many more tasks may be held. */
  readonly room: () => number;
  /** Done at each look, ahead of it. */
  readonly before: () => Promise<void>;
  readonly takeUp: (taken: TakenTask, mode: RunMode) => Promise<TaskRun | null>;
  readonly onProblem: (error: unknown) => void;
}

const pollIntervalMs = 1000;
const batch = 100;

/**
 * Brings tasks from the store into memory as they become due and as there is room. SLAs are watched also for tasks
 * there is no room for: those are taken just long enough to record the breach, no more than `batch` at a time.
 */
export class DueTasks {
  readonly #options: DueTasksOptions;
  #timer: Timer | null = null;
  #timerAt = Number.POSITIVE_INFINITY;
  #looking: Promise<void> | null = null;
  #lookAgain = false;
  #backlog = false;
  /** Taken for their SLA alone, and not given back yet. */
  readonly #watched = new Set<string>();
  #overdueWait = false;
  #started = false;
  #forgetNews: (() => void) | null = null;

  constructor(options: DueTasksOptions) {
    this.#options = options;
  }

  /** Tasks that could go on wait in the store for room. */
  get backlog(): boolean {
    return this.#backlog;
  }

  start(): void {
    this.#started = true;
    this.#forgetNews = this.#options.queue.watch(() => this.#heard());
    this.#look();
  }

  async stop(): Promise<void> {
    this.#started = false;
    this.#forgetNews?.();
    this.#timer?.cancel();
    await this.#looking;
  }

  /** A task was given back: look when it is wanted again, or now, if others wait for its place. */
  released(taskId: string, schedule: Schedule | null): void {
    this.#watched.delete(taskId);
    if (!this.#started) return;
    if (this.#backlog || (this.#overdueWait && this.#watched.size === 0)) this.#look();
    const at = Math.min(schedule?.dueAt ?? Number.POSITIVE_INFINITY, schedule?.deadlineAt ?? Number.POSITIVE_INFINITY);
    if (at < Number.POSITIVE_INFINITY) this.#lookAt(at);
  }

  /** Others have made work due: nothing to whoever has no room for it, or runs none. */
  #heard(): void {
    if (this.#options.room() > 0) this.#look();
    else this.#backlog = true;
  }

  #look(): void {
    if (!this.#started) return;
    if (this.#looking !== null) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = this.#takeAll()
      .catch((error: unknown) => this.#options.onProblem(error))
      .finally(() => {
        this.#looking = null;
        if (this.#lookAgain) {
          this.#lookAgain = false;
          this.#look();
        } else {
          this.#lookAt(this.#options.clock.now() + pollIntervalMs);
        }
      });
  }

  async #takeAll(): Promise<void> {
    const { queue, clock, room, before, namespaces } = this.#options;
    await before();
    for (;;) {
      const wanted = Math.min(batch, room());
      const taken = wanted > 0 ? await queue.takeDue(clock.now(), wanted, namespaces ?? undefined) : [];
      await this.#takeUpAll(taken, 'advance');
      this.#backlog = wanted <= 0 || taken.length === wanted;
      if (taken.length < wanted || wanted <= 0 || !this.#started) break;
    }
    await this.#takeOverdue();
    const next = await queue.nextAt();
    if (next !== null && !this.#backlog && !this.#overdueWait) this.#lookAt(next);
  }

  async #takeOverdue(): Promise<void> {
    const { queue, clock, namespaces } = this.#options;
    const wanted = batch - this.#watched.size;
    const overdue = wanted > 0 ? await queue.takeOverdue(clock.now(), wanted, namespaces ?? undefined) : [];
    for (const { taskId } of overdue) this.#watched.add(taskId);
    this.#overdueWait = overdue.length === Math.max(0, wanted);
    await this.#takeUpAll(overdue, 'watch');
  }

  async #takeUpAll(taken: readonly TakenTask[], mode: RunMode): Promise<void> {
    const outcomes = await Promise.allSettled(taken.map((task) => this.#options.takeUp(task, mode)));
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled' && outcome.value !== null) continue;
      this.#watched.delete(taken[index]?.taskId ?? '');
      if (outcome.status === 'rejected') this.#options.onProblem(outcome.reason);
    }
  }

  #lookAt(at: number): void {
    const now = this.#options.clock.now();
    if (!this.#started || (this.#timer !== null && this.#timerAt <= at && this.#timerAt > now)) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    this.#timer = this.#options.clock.setTimer(Math.max(0, at - now), () => {
      this.#timer = null;
      this.#look();
    });
  }
}
