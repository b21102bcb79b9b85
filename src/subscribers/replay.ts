import { TaskerError } from '../shared/errors.ts';
import { Batch } from './batch.ts';
import type { StartFrom } from './define-subscriber.ts';
import {
  beyondItself,
  changedMeanwhile,
  hasLost,
  releasedMeanwhile,
  removedMeanwhile,
  tooMuchParked,
  wouldForget,
} from './replay-refusals.ts';
import { startPosition } from './start-position.ts';
import { stateFrom, stateText } from './json-state.ts';
import type { SubscriberRunner } from './subscriber-runner.ts';
import type { ReplayProgress } from './subscriber-store.ts';

export interface ReplayOptions {
  /** The first event to be gone through again. */
  readonly from: Exclude<StartFrom, 'now'>;
  /** Do effects outside the process again. Default false. */
  readonly deliver?: boolean;
  /** Let the state begin anew at `from`, though it has counted earlier events. Default false. */
  readonly reset?: boolean;
  readonly onProgress?: (progress: ReplayProgress) => void;
}

/** Beyond this the handlers are broken rather than the events. */
const mostParked = 1000;
const pageSize = 1000;
const showEveryMs = 1000;

/**
 * Goes through old events again, into a state beside the living one, while the living one goes on. At the end it
 * holds the subscriber for a moment, catches up with it, and takes its place in one transaction. How far it has come
 * stands in the store from its begin, so that retention waits for it in whichever process sweeps; whoever runs it
 * takes that away at its end.
 */
export class Replay {
  readonly #runner: SubscriberRunner;
  readonly #options: ReplayOptions;
  readonly #abort = new AbortController();
  #progress: ReplayProgress | null = null;
  #shownAtMs = Number.NEGATIVE_INFINITY;
  /** Up to here the log lacked events before the replay could have seen them, or lacks only such as it has seen. */
  #removedUpTo = 0;

  constructor(runner: SubscriberRunner, options: ReplayOptions) {
    this.#runner = runner;
    this.#options = options;
  }

  get progress(): ReplayProgress | null {
    return this.#progress;
  }

  abort(): void {
    this.#abort.abort();
  }

  get #isOver(): boolean {
    return this.#abort.signal.aborted || this.#runner.stopSignal.aborted;
  }

  async run(): Promise<ReplayProgress> {
    const { subscriber, parts } = this.#runner;
    const { from, deliver = false } = this.#options;
    const after = await startPosition(parts.log, from);
    this.#refuseBeyond(after);
    this.#refuseForgetting(after);
    // The place is taken before anything is judged by what is there: what goes afterwards is noticed page by page.
    await this.#tell({ from: after + 1, reached: after, to: this.#runner.position, parked: 0 });
    await this.#refuseLacking();
    const waiting = await this.#waitingBefore(after);
    // Within a page too: who stops may be cut off from the store, and others go on with the subscriber by then.
    const stop = AbortSignal.any([this.#runner.stopSignal, this.#abort.signal]);
    const batch = new Batch({ ...this.#runner.handling({ replaying: true, deliver }), stop }, parts.random, {
      state: stateFrom(subscriber, null),
      countsFrom: null,
      held: new Set(waiting),
    });
    let reached = after;
    const goOn = async (): Promise<void> => {
      const to = this.#runner.position;
      while (reached < to) reached = await this.#page(batch, after, reached, to);
    };
    await goOn();
    return this.#runner.exclusively(async () => {
      await goOn();
      // An operator's retry may have counted an earlier event meanwhile.
      this.#refuseForgetting(after);
      await this.#refuseReleased(batch, after, waiting);
      if (reached !== this.#runner.position) throw changedMeanwhile(subscriber.name);
      await this.#swap(batch, after, reached);
      return { from: after + 1, reached, to: reached, parked: batch.parked.length };
    });
  }

  async #page(batch: Batch, after: number, reached: number, to: number): Promise<number> {
    const { parts, names, subscriber } = this.#runner;
    const page = await parts.log.read({ after: reached, limit: pageSize, filter: { names } });
    await this.#refuseRemoved(reached);
    const next = await batch.takeAll(page.events, reached, Math.min(page.lastPosition, to));
    const delivered = await batch.deliver();
    if (!delivered || this.#isOver) throw stopped(subscriber.name);
    if (batch.parked.length > mostParked) throw tooMuchParked(subscriber.name, mostParked);
    await this.#tell({ from: after + 1, reached: next, to, parked: batch.parked.length });
    return next;
  }

  async #tell(progress: ReplayProgress): Promise<void> {
    this.#progress = progress;
    try {
      this.#options.onProgress?.(progress);
    } catch (error) {
      this.#runner.parts.onProblem(error);
    }
    const { parts, subscriber } = this.#runner;
    const nowMs = parts.clock.monotonicMs();
    if (nowMs - this.#shownAtMs < showEveryMs) return;
    this.#shownAtMs = nowMs;
    const result = await this.#runner.save({ kind: 'replaying', subscriber: subscriber.name, replay: progress });
    if (result === null) throw stopped(subscriber.name);
    if (result.kind === 'failed') throw result.error;
    if (result.kind === 'stale') throw changedMeanwhile(subscriber.name);
  }

  /** The checkpoint may not move over events that it has not seen. */
  #refuseBeyond(after: number): void {
    const { position, subscriber } = this.#runner;
    if (after > position) throw beyondItself(subscriber.name, after + 1, position);
  }

  #refuseForgetting(after: number): void {
    const { standing, subscriber } = this.#runner;
    const earliest = standing?.countsFrom ?? null;
    if (this.#options.reset === true || earliest === null || after < earliest) return;
    throw wouldForget(subscriber.name, after + 1, earliest);
  }

  /** Of what the state has counted, everything must still be there. */
  async #refuseLacking(): Promise<void> {
    const { standing, subscriber, parts } = this.#runner;
    this.#removedUpTo = await parts.removedUpTo();
    const earliest = standing?.countsFrom ?? null;
    if (this.#options.reset === true || earliest === null || earliest > this.#removedUpTo) return;
    throw hasLost(subscriber.name, earliest, this.#removedUpTo);
  }

  /**
   * Asked after each page is read: what is in it has been seen, what was removed behind it too. Retention waits for a
   * replay, but not for ever, and a sweep that had already looked round when this began did not know of it.
   */
  async #refuseRemoved(reached: number): Promise<void> {
    const removedUpTo = await this.#runner.parts.removedUpTo();
    if (removedUpTo > this.#removedUpTo && removedUpTo > reached)
      throw removedMeanwhile(this.#runner.subscriber.name, reached, removedUpTo);
    this.#removedUpTo = Math.max(this.#removedUpTo, removedUpTo);
  }

  /** Tasks whose later events wait behind one that was parked before the replay begins, and stays so. */
  async #waitingBefore(after: number): Promise<readonly string[]> {
    const { subscriber, parts } = this.#runner;
    if (!subscriber.holdsTask || this.#options.reset === true) return [];
    return parts.store.parkedTasks(subscriber.name, after);
  }

  async #refuseReleased(batch: Batch, after: number, waiting: readonly string[]): Promise<void> {
    const still = new Set(await this.#waitingBefore(after));
    const released = new Set(waiting.filter((taskId) => !still.has(taskId)));
    for (const { taskId } of batch.parked) {
      if (taskId !== null && released.has(taskId)) throw releasedMeanwhile(this.#runner.subscriber.name, taskId);
    }
  }

  async #swap(batch: Batch, after: number, reached: number): Promise<void> {
    const { standing, subscriber } = this.#runner;
    if (standing === null) return;
    const result = await this.#runner.save({
      kind: 'swap',
      subscriber: subscriber.name,
      generation: standing.generation,
      checkpoint: reached,
      countsFrom: batch.countsFrom,
      state: stateText(subscriber, batch.state),
      replayedFrom: this.#options.reset === true ? 0 : after + 1,
      park: batch.parked,
      events: batch.facts,
    });
    if (result?.kind === 'failed') throw result.error;
    if (result?.kind !== 'saved') throw changedMeanwhile(subscriber.name);
    await this.#runner.load();
  }
}

function stopped(name: string): TaskerError {
  return new TaskerError('TASKER_ENGINE_NOT_RUNNING', `The engine stopped; the replay of '${name}' left no trace.`);
}
