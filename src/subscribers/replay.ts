import { TaskerError } from '../shared/errors.ts';
import { Batch } from './batch.ts';
import type { StartFrom } from './define-subscriber.ts';
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

/**
 * Goes through old events again, into a state beside the living one, while the living one goes on. At the end it
 * holds the subscriber for a moment, catches up with it, and takes its place in one transaction.
 */
export class Replay {
  readonly #runner: SubscriberRunner;
  readonly #options: ReplayOptions;
  #aborted = false;
  #progress: ReplayProgress | null = null;

  constructor(runner: SubscriberRunner, options: ReplayOptions) {
    this.#runner = runner;
    this.#options = options;
  }

  get progress(): ReplayProgress | null {
    return this.#progress;
  }

  abort(): void {
    this.#aborted = true;
  }

  async run(): Promise<ReplayProgress> {
    const { subscriber, parts } = this.#runner;
    const { from, deliver = false, reset = false } = this.#options;
    const after = await startPosition(parts.log, from);
    const earliest = this.#runner.standing?.countsFrom ?? null;
    if (!reset && earliest !== null) {
      if (after >= earliest) throw this.#wouldForget(after + 1, earliest);
      const removedUpTo = await parts.removedUpTo();
      if (earliest <= removedUpTo) throw this.#hasLost(earliest, removedUpTo);
    }
    const batch = new Batch(this.#runner.handling({ replaying: true, deliver }), parts.random, {
      state: stateFrom(subscriber, null),
      countsFrom: null,
      held: new Set(),
    });
    let reached = after;
    this.#tell({ from: after + 1, reached, to: Math.max(after, this.#runner.position), parked: 0 });
    const goOn = async (): Promise<void> => {
      const to = this.#runner.position;
      while (reached < to) reached = await this.#page(batch, after, reached, to);
    };
    await goOn();
    return this.#runner.exclusively(async () => {
      await goOn();
      await this.#swap(batch, after, reached, reset);
      return { from: after + 1, reached, to: reached, parked: batch.parked.length };
    });
  }

  async #page(batch: Batch, after: number, reached: number, to: number): Promise<number> {
    const { parts, names, stopSignal, subscriber } = this.#runner;
    const page = await parts.log.read({ after: reached, limit: pageSize, filter: { names } });
    const next = await batch.takeAll(page.events, reached, Math.min(page.lastPosition, to));
    const delivered = await batch.deliver();
    if (!delivered || this.#aborted || stopSignal.aborted)
      throw new TaskerError(
        'TASKER_ENGINE_NOT_RUNNING',
        `The engine stopped; the replay of '${subscriber.name}' left no trace.`,
      );
    if (batch.parked.length > mostParked)
      throw new TaskerError(
        'TASKER_REPLAY_REFUSED',
        `The replay of '${subscriber.name}' was given up: it failed at more than ${mostParked} events. Its living state is as it was.`,
      );
    this.#tell({ from: after + 1, reached: next, to, parked: batch.parked.length });
    return next;
  }

  #tell(progress: ReplayProgress): void {
    this.#progress = progress;
    try {
      this.#options.onProgress?.(progress);
    } catch (error) {
      this.#runner.parts.onProblem(error);
    }
  }

  async #swap(batch: Batch, after: number, reached: number, reset: boolean): Promise<void> {
    const { standing, subscriber } = this.#runner;
    if (standing === null) return;
    const result = await this.#runner.save({
      kind: 'swap',
      subscriber: subscriber.name,
      generation: standing.generation,
      checkpoint: Math.max(reached, this.#runner.position),
      countsFrom: batch.countsFrom,
      state: stateText(subscriber, batch.state),
      replayedFrom: reset ? 0 : after + 1,
      park: batch.parked,
      events: batch.facts,
    });
    if (result?.kind === 'failed') throw result.error;
    if (result?.kind !== 'saved')
      throw new TaskerError(
        'TASKER_REPLAY_REFUSED',
        `Subscriber '${subscriber.name}' changed meanwhile; replay it again.`,
      );
    await this.#runner.load();
  }

  #hasLost(earliest: number, removedUpTo: number): TaskerError {
    return new TaskerError(
      'TASKER_REPLAY_REFUSED',
      `The state of '${this.#runner.subscriber.name}' has counted events from position ${earliest} on, and of those up to ${removedUpTo} some have been removed since, being too old: a replay would forget them. ` +
        'Ask for a reset if it may.',
      { details: { earliest, removedUpTo } },
    );
  }

  #wouldForget(from: number, earliest: number): TaskerError {
    return new TaskerError(
      'TASKER_REPLAY_REFUSED',
      `The state of '${this.#runner.subscriber.name}' has counted events from position ${earliest} on; a replay from ${from} would forget those before. ` +
        `Replay from ${earliest} or earlier, or ask for a reset.`,
      { details: { from, earliest } },
    );
  }
}
