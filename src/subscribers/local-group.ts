import type { CommittedEvents } from '../log/event-log.ts';
import { TaskerError } from '../shared/errors.ts';
import { ParkedEvents, type ParkedOutcome } from './parked-events.ts';
import { Replay, type ReplayOptions } from './replay.ts';
import type { ResolvedSubscriber } from './resolve-subscriber.ts';
import { SharedReader, type SharedReaderLimits } from './shared-reader.ts';
import type { LiveStanding, SubscriberGroup } from './subscriber-group.ts';
import { type RunnerParts, SubscriberRunner } from './subscriber-runner.ts';
import type { ReplayProgress } from './subscriber-store.ts';

const stopGraceMs = 2000;

/** Subscribers on the thread that this runs on; they share one read and one parse of the log. */
export class LocalGroup implements SubscriberGroup {
  readonly subscribers: readonly ResolvedSubscriber[];
  readonly isHere = true;
  readonly #reader: SharedReader;
  readonly #runners: ReadonlyMap<string, SubscriberRunner>;
  readonly #replays = new Map<string, Replay>();
  readonly #released = new Set<string>();
  readonly #parts: Omit<RunnerParts, 'reader'>;
  /** Where the log ended when it was started. */
  #endAtStart = 0;

  constructor(
    subscribers: readonly ResolvedSubscriber[],
    parts: Omit<RunnerParts, 'reader'>,
    limits: SharedReaderLimits = {},
  ) {
    this.subscribers = subscribers;
    this.#parts = parts;
    const names = new Set(subscribers.flatMap(({ handlers }) => [...handlers.keys()]));
    this.#reader = new SharedReader(parts.log, [...names], limits);
    this.#runners = new Map(
      subscribers.map((one) => [one.name, new SubscriberRunner(one, { ...parts, reader: this.#reader })] as const),
    );
  }

  async start(): Promise<void> {
    this.#endAtStart = await this.#parts.log.lastPosition();
    for (const runner of this.#runners.values()) await runner.start();
  }

  /** Its start is a few rows read. */
  giveUpStart(): void {}

  async stop(): Promise<void> {
    this.abortReplays();
    await Promise.all([...this.#runners.values()].map((runner) => runner.stop(stopGraceMs)));
  }

  committed(committed: readonly CommittedEvents[]): void {
    if (this.subscribers.length === 0) return;
    for (const one of committed) this.#reader.committed(one);
  }

  wake(): void {
    for (const runner of this.#runners.values()) runner.wake();
  }

  look(): void {
    this.wake();
  }

  standing(name: string): LiveStanding | null {
    const runner = this.#runners.get(name);
    if (runner === undefined || this.#released.has(name)) return null;
    const { standing, position, settledPosition, trouble, subscriber, failures } = runner;
    if (standing === null && trouble === null) return null;
    const replay = this.#replays.get(name)?.progress ?? null;
    const sink = subscriber.sinkFigures?.() ?? null;
    return { checkpoint: standing?.checkpoint ?? 0, position, settledPosition, replay, trouble, failures, sink };
  }

  async retryParked(name: string, position?: number): Promise<ParkedOutcome> {
    return new ParkedEvents(this.#require(name)).retry(position);
  }

  async dropParked(name: string, position?: number): Promise<ParkedOutcome> {
    return new ParkedEvents(this.#require(name)).drop(position);
  }

  async replay(name: string, options: ReplayOptions): Promise<ReplayProgress> {
    const runner = this.#require(name);
    const { noReplay } = runner.subscriber;
    if (noReplay !== null)
      throw new TaskerError('TASKER_REPLAY_REFUSED', `Subscriber '${name}' cannot be replayed: ${noReplay}.`);
    if (this.#replays.has(name))
      throw new TaskerError(
        'TASKER_REPLAY_REFUSED',
        `Subscriber '${name}' is being replayed already; wait for its end.`,
      );
    const replay = new Replay(runner, options);
    this.#replays.set(name, replay);
    try {
      return await replay.run();
    } finally {
      this.#replays.delete(name);
    }
  }

  abortReplays(): void {
    for (const replay of this.#replays.values()) replay.abort();
  }

  async view(name: string): Promise<readonly string[]> {
    const { subscriber, standing, position } = this.#require(name);
    if (subscriber.view === null || standing === null) return [];
    // What was shown before a crash was counted from here on: showing less would be a counter that falls.
    if (position < this.#endAtStart)
      throw new TaskerError(
        'TASKER_SUBSCRIBER_BEHIND',
        `Subscriber '${name}' is still catching up: at ${position} of ${this.#endAtStart}. Ask again.`,
        { details: { position, end: this.#endAtStart } },
      );
    const parts = subscriber.view(standing.state as never, this.#parts.clock.now()) as readonly unknown[];
    return parts.map((part) => JSON.stringify(part));
  }

  async release(name: string): Promise<void> {
    const runner = this.#require(name);
    this.#replays.get(name)?.abort();
    await runner.stop(0);
    this.#released.add(name);
  }

  #require(name: string): SubscriberRunner {
    const runner = this.#runners.get(name);
    if (runner === undefined || this.#released.has(name) || runner.standing === null)
      throw new TaskerError(
        'TASKER_ENGINE_NOT_RUNNING',
        `Subscriber '${name}' is not running: start the engine first.`,
      );
    return runner;
  }
}
