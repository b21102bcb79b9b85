import type { EventLog } from '../log/event-log.ts';
import type { Clock, Timer } from '../shared/clock.ts';
import { TaskerError } from '../shared/errors.ts';
import type { Random } from '../shared/ids.ts';
import type { JsonObject } from '../shared/json.ts';
import { ParkedEvents, type ParkedOutcome } from './parked-events.ts';
import { Replay, type ReplayOptions, type ReplayProgress } from './replay.ts';
import type { ResolvedSubscriber } from './resolve-subscriber.ts';
import { SharedReader } from './shared-reader.ts';
import type { ProgressWriter, SubscriberStore, SubscriberSummary } from './subscriber-store.ts';
import { SubscriberRunner } from './subscriber-runner.ts';

export interface SubscribersOptions {
  readonly resolved: readonly ResolvedSubscriber[];
  readonly store: SubscriberStore;
  readonly writer: ProgressWriter;
  readonly log: EventLog;
  /** Up to where the log may have lost events to old age. */
  readonly removedUpTo: () => Promise<number>;
  readonly clock: Clock;
  readonly random: Random;
  readonly onProblem: (error: unknown) => void;
}

export interface SubscriberStatus extends SubscriberSummary {
  /** Events of the log that are still to come. */
  readonly lag: number;
  /** `elsewhere`: not run by this process. */
  readonly status: 'following' | 'lagged' | 'replaying' | 'elsewhere';
  readonly replay: ReplayProgress | null;
  readonly lastError: string | null;
}

const pollMs = 1000;
/** Under load, reading at every commit would make batches of one. */
const gatherMs = 10;
const stopGraceMs = 2000;

/** All subscribers of this process: they follow the log while it is the engine. new → running → stopped. */
export class Subscribers {
  readonly #options: SubscribersOptions;
  readonly #runners: ReadonlyMap<string, SubscriberRunner>;
  readonly #replays = new Map<string, Replay>();
  #poll: Timer | null = null;
  #gathering: Timer | null = null;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #running = false;

  constructor(options: SubscribersOptions) {
    this.#options = options;
    const names = [...new Set(options.resolved.flatMap(({ handlers }) => [...handlers.keys()]))];
    const reader = new SharedReader(options.log, names);
    this.#runners = new Map(
      options.resolved.map((one) => [one.name, new SubscriberRunner(one, { ...options, reader })] as const),
    );
  }

  /** How far each has come that the store knows: in memory, where it runs here, for nothing is saved while nothing is handled. */
  async readers(): Promise<readonly { readonly name: string; readonly checkpoint: number }[]> {
    const stored = await this.#options.store.list();
    return stored.map(({ name, checkpoint }) => ({
      name,
      checkpoint: Math.max(checkpoint, this.#runners.get(name)?.position ?? 0),
    }));
  }

  /** Names of those that handle this event. */
  handling(event: string): readonly string[] {
    return this.#options.resolved.filter(({ handlers }) => handlers.has(event)).map(({ name }) => name);
  }

  async start(): Promise<void> {
    if (this.#runners.size === 0) return;
    this.#running = true;
    for (const runner of this.#runners.values()) await runner.start();
    this.#look();
  }

  /** Replays would hold up whoever stops the engine; what another process asked for is done at the next start. */
  abortReplays(): void {
    for (const replay of this.#replays.values()) replay.abort();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#poll?.cancel();
    this.#gathering?.cancel();
    this.abortReplays();
    await Promise.all([...this.#runners.values()].map((runner) => runner.stop(stopGraceMs)));
  }

  /** Events were committed. Costs the committer nothing but a timer. */
  committed(): void {
    if (!this.#running || this.#gathering !== null) return;
    const { clock } = this.#options;
    const waitMs = Math.max(0, this.#readAtMs + gatherMs - clock.monotonicMs());
    this.#gathering = clock.setTimer(waitMs, () => {
      this.#gathering = null;
      this.#readAtMs = clock.monotonicMs();
      for (const runner of this.#runners.values()) runner.wake();
    });
  }

  async list(): Promise<readonly SubscriberStatus[]> {
    const [rows, lastPosition] = await Promise.all([this.#options.store.list(), this.#options.log.lastPosition()]);
    return rows.map((row) => {
      const runner = this.#runners.get(row.name);
      const here = this.#running && (runner?.standing ?? null) !== null;
      const replay = this.#replays.get(row.name)?.progress ?? null;
      const position = Math.max(row.checkpoint, here ? (runner?.position ?? 0) : 0);
      const status = !here ? 'elsewhere' : replay !== null ? 'replaying' : row.lagged ? 'lagged' : 'following';
      return {
        ...row,
        lag: Math.max(0, lastPosition - position),
        status,
        replay,
        lastError: runner?.lastError ?? null,
      };
    });
  }

  retryParked(name: string, position?: number): Promise<ParkedOutcome> {
    return new ParkedEvents(this.#require(name)).retry(position);
  }

  dropParked(name: string, position?: number): Promise<ParkedOutcome> {
    return new ParkedEvents(this.#require(name)).drop(position);
  }

  async replay(name: string, options: ReplayOptions): Promise<ReplayProgress> {
    const runner = this.#require(name);
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

  /** What another process asks, as its command row has it; the answer as that will hold it. */
  async carryOut(kind: string, body: JsonObject): Promise<JsonObject> {
    return JSON.parse(JSON.stringify(await this.#carryOut(kind, body))) as JsonObject;
  }

  #carryOut(kind: string, body: JsonObject): Promise<ParkedOutcome | ReplayProgress> {
    const name = typeof body['subscriber'] === 'string' ? body['subscriber'] : '';
    const position = typeof body['position'] === 'number' ? body['position'] : undefined;
    switch (kind) {
      case 'retry_parked':
        return this.retryParked(name, position);
      case 'drop_parked':
        return this.dropParked(name, position);
      default:
        // Command rows are written by this package's own client, which has checked them.
        return this.replay(name, body['options'] as unknown as ReplayOptions);
    }
  }

  #require(name: string): SubscriberRunner {
    const runner = this.#runners.get(name);
    if (runner === undefined)
      throw new TaskerError(
        'TASKER_SUBSCRIBER_NOT_FOUND',
        `This process has no subscriber '${name}'; it has ${[...this.#runners.keys()].join(', ') || 'none'}.`,
      );
    if (!this.#running || runner.standing === null)
      throw new TaskerError(
        'TASKER_ENGINE_NOT_RUNNING',
        `Subscriber '${name}' is not running: start the engine first.`,
      );
    return runner;
  }

  #look(): void {
    this.#poll = this.#options.clock.setTimer(pollMs, () => this.#look());
    void this.#observe();
  }

  async #observe(): Promise<void> {
    try {
      const lastPosition = await this.#options.log.lastPosition();
      for (const runner of this.#runners.values()) runner.observe(lastPosition);
    } catch (error) {
      this.#options.onProblem(error);
    }
  }
}
