import type { CommittedEvents, EventLog } from '../log/event-log.ts';
import type { Reader } from '../log/retention.ts';
import type { Clock, Timer } from '../shared/clock.ts';
import { TaskerError } from '../shared/errors.ts';
import type { Random } from '../shared/ids.ts';
import type { JsonObject } from '../shared/json.ts';
import type { SinkFigures } from '../signals/delivery.ts';
import { LogPoll } from './log-poll.ts';
import { LagWatch } from './lag-watch.ts';
import type { ParkedOutcome } from './parked-events.ts';
import type { ReplayOptions } from './replay.ts';
import { Replays } from './replays.ts';
import type { ResolvedSubscriber } from './resolve-subscriber.ts';
import type { LiveStanding, SubscriberGroup } from './subscriber-group.ts';
import type { ProgressWriter, ReplayProgress, SubscriberStore, SubscriberSummary } from './subscriber-store.ts';

export interface SubscribersOptions {
  readonly groups: readonly SubscriberGroup[];
  readonly store: SubscriberStore;
  readonly writer: ProgressWriter;
  readonly log: EventLog;
  /** Whether other processes write to the store too. */
  readonly isShared: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly onUnregistered: (name: string) => void;
  readonly onProblem: (error: unknown) => void;
}

export interface SubscriberStatus extends SubscriberSummary {
  /** Events of the log that are still to come. */
  readonly lag: number;
  /**
   * `elsewhere`: not run by this process. `failed`: it cannot go on; `trouble` says why, and it goes on trying.
   */
  readonly status: 'following' | 'lagged' | 'replaying' | 'failed' | 'elsewhere';
  readonly trouble: string | null;
  /** How often its handlers have failed in this process; 0 where it does not run here. */
  readonly failures: number;
}

export interface Unregistered {
  readonly name: string;
  /** Parked events that are gone with it. */
  readonly parked: number;
}

const lookMs = 1000;
/** Under load, reading at every commit would make batches of one. */
const gatherMs = 10;

/** All subscribers of this process: they follow the log while it is the engine. new → running → stopped. */
export class Subscribers {
  readonly #options: SubscribersOptions;
  readonly #groupOf: ReadonlyMap<string, SubscriberGroup>;
  readonly #lagWatches: ReadonlyMap<string, LagWatch>;
  readonly #replays: Replays;
  readonly #poll: LogPoll | null;
  #looking: Timer | null = null;
  #gathering: Timer | null = null;
  #wokenAtMs = Number.NEGATIVE_INFINITY;
  #running = false;
  #ending = false;

  constructor(options: SubscribersOptions) {
    this.#options = options;
    const all = options.groups.flatMap((group) => group.subscribers.map((one) => [one, group] as const));
    this.#groupOf = new Map(all.map(([{ name }, group]) => [name, group]));
    this.#lagWatches = new Map(all.map(([one]) => [one.name, new LagWatch(one, options)]));
    this.#replays = new Replays(options.writer);
    this.#poll = options.isShared
      ? new LogPoll(options.log, options.clock, { wanted: () => this.#anyHere, onGrown: () => this.#wake() })
      : null;
  }

  get all(): readonly ResolvedSubscriber[] {
    return this.#options.groups.flatMap((group) => group.subscribers);
  }

  /**
   * Up to where each that the store knows needs no event any more: in memory, where it runs here, for nothing is saved
   * while nothing is handled. A replay that is under way needs what it has not reached yet, as the store shows it: that
   * is behind where it is, and seen from every process.
   */
  async readers(): Promise<readonly Reader[]> {
    const stored = await this.#options.store.list();
    return stored.map(({ name, checkpoint, replay }) => ({
      name,
      checkpoint: Math.max(checkpoint, this.#standing(name)?.settledPosition ?? 0),
      replayedUpTo: replay?.reached ?? null,
    }));
  }

  /** Names of those that handle this event. */
  handling(event: string): readonly string[] {
    return this.all.filter(({ handlers }) => handlers.has(event)).map(({ name }) => name);
  }

  async start(): Promise<void> {
    await this.#giveUpReplays();
    if (this.#groupOf.size === 0 || this.#ending) return;
    this.#running = true;
    await Promise.all(this.#options.groups.map((group) => group.start()));
    this.#poll?.start();
    this.#look();
  }

  /**
   * What would hold up whoever stops the engine is given up: replays, where what another process asked for is done at
   * the next start, and a start that is still under way, or to come.
   */
  prepareStop(): void {
    this.#ending = true;
    for (const group of this.#options.groups) {
      group.abortReplays();
      group.giveUpStart();
    }
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#poll?.stop();
    this.#looking?.cancel();
    this.#gathering?.cancel();
    await Promise.all(this.#options.groups.map((group) => group.stop()));
  }

  /** Events were committed. Costs the committer nothing but a timer. */
  committed(committed: readonly CommittedEvents[]): void {
    if (!this.#running) return;
    const { clock, groups } = this.#options;
    for (const group of groups) group.committed(committed);
    if (this.#gathering !== null) return;
    const waitMs = Math.max(0, this.#wokenAtMs + gatherMs - clock.monotonicMs());
    this.#gathering = clock.setTimer(waitMs, () => {
      this.#gathering = null;
      this.#wokenAtMs = clock.monotonicMs();
      this.#wake();
    });
  }

  /** True where another process runs it, or may: what is asked of it is asked through the store. */
  runsElsewhere(name: string): boolean {
    return this.#options.isShared && this.#groupOf.get(name)?.isHere !== true;
  }

  /** Now, and not at the next second: what runs here may have become another's. */
  look(): void {
    if (this.#running) for (const group of this.#options.groups) group.look();
  }

  async list(): Promise<readonly SubscriberStatus[]> {
    const [rows, lastPosition] = await Promise.all([this.#options.store.list(), this.#options.log.lastPosition()]);
    return rows.map((row) => {
      const here = this.#running ? this.#standing(row.name) : null;
      const lag = Math.max(0, lastPosition - Math.max(row.checkpoint, here?.position ?? 0));
      const replay = here === null ? row.replay : here.replay;
      return {
        ...row,
        lag,
        replay,
        status: statusOf(row, here),
        trouble: here?.trouble ?? null,
        failures: here?.failures ?? 0,
      };
    });
  }

  async retryParked(name: string, position?: number): Promise<ParkedOutcome> {
    return this.#require(name).retryParked(name, position);
  }

  async dropParked(name: string, position?: number): Promise<ParkedOutcome> {
    return this.#require(name).dropParked(name, position);
  }

  async replay(name: string, options: ReplayOptions): Promise<ReplayProgress> {
    const group = this.#require(name);
    return this.#replays.run(name, () => group.replay(name, options));
  }

  /** How deliveries have gone, by sink and signal. */
  sinkFigures(): readonly SinkFigures[] {
    return [...this.#groupOf.keys()].flatMap((name) => this.#standing(name)?.sink ?? []);
  }

  /** What a built-in subscriber shows of its state. */
  async view(name: string): Promise<readonly string[]> {
    return this.#require(name).view(name);
  }

  /** Forgets all that is kept for a subscriber; one that runs here is stopped first. */
  async unregister(name: string): Promise<Unregistered> {
    const row = (await this.#options.store.list()).find((one) => one.name === name);
    if (row === undefined)
      throw new TaskerError('TASKER_SUBSCRIBER_NOT_FOUND', `The store knows no subscriber '${name}'.`);
    if (this.#running && this.#standing(name) !== null) await this.#groupOf.get(name)?.release(name);
    const result = await this.#options.writer.save({ kind: 'unregister', subscriber: name });
    if (result.kind === 'failed') throw result.error;
    if (result.kind === 'stale' && this.#options.isShared) throw elsewhere(name);
    this.#options.onUnregistered(name);
    return { name, parked: row.parked };
  }

  /** What another process asks, as its command row has it; the answer as that will hold it. */
  async carryOut(kind: string, body: JsonObject): Promise<JsonObject> {
    if (this.#options.isShared)
      await this.#requireKnown(typeof body['subscriber'] === 'string' ? body['subscriber'] : '');
    return JSON.parse(JSON.stringify(await this.#carryOut(kind, body))) as JsonObject;
  }

  #carryOut(kind: string, body: JsonObject): Promise<ParkedOutcome | ReplayProgress | Unregistered> {
    const name = typeof body['subscriber'] === 'string' ? body['subscriber'] : '';
    const position = typeof body['position'] === 'number' ? body['position'] : undefined;
    switch (kind) {
      case 'retry_parked':
        return this.retryParked(name, position);
      case 'drop_parked':
        return this.dropParked(name, position);
      case 'unregister':
        return this.unregister(name);
      default:
        // Command rows are written by this package's own client, which has checked them.
        return this.replay(name, body['options'] as unknown as ReplayOptions);
    }
  }

  /** Whoever has it carries it out; what nobody has ever had would wait for ever. */
  async #requireKnown(name: string): Promise<void> {
    if ((await this.#options.store.list()).some((one) => one.name === name)) return;
    throw new TaskerError('TASKER_SUBSCRIBER_NOT_FOUND', `The store knows no subscriber '${name}'.`);
  }

  get #anyHere(): boolean {
    return this.#options.groups.some(({ isHere }) => isHere);
  }

  #wake(): void {
    for (const group of this.#options.groups) group.wake();
  }

  #standing(name: string): LiveStanding | null {
    return this.#groupOf.get(name)?.standing(name) ?? null;
  }

  #require(name: string): SubscriberGroup {
    const group = this.#groupOf.get(name);
    if (this.#options.isShared && (group === undefined || !this.#running)) throw elsewhere(name);
    if (group === undefined)
      throw new TaskerError(
        'TASKER_SUBSCRIBER_NOT_FOUND',
        `This process has no subscriber '${name}'; it has ${[...this.#groupOf.keys()].join(', ') || 'none'}.`,
      );
    if (!this.#running)
      throw new TaskerError(
        'TASKER_ENGINE_NOT_RUNNING',
        `Subscriber '${name}' is not running: start the engine first.`,
      );
    return group;
  }

  #look(): void {
    this.#looking = this.#options.clock.setTimer(lookMs, () => this.#look());
    this.look();
    void this.#observe();
  }

  async #observe(): Promise<void> {
    try {
      const lastPosition = await this.#options.log.lastPosition();
      for (const [name, watch] of this.#lagWatches) {
        const standing = this.#standing(name);
        if (standing === null) {
          watch.forget();
          continue;
        }
        await watch.look(standing, lastPosition);
      }
      await this.#replays.look();
    } catch (error) {
      this.#options.onProblem(error);
    }
  }

  async #giveUpReplays(): Promise<void> {
    try {
      await this.#replays.clear(this.#options.store);
    } catch (error) {
      this.#options.onProblem(error);
    }
  }
}

function elsewhere(name: string): TaskerError {
  return new TaskerError(
    'TASKER_SUBSCRIBER_ELSEWHERE',
    `Subscriber '${name}' does not run in this process; ask through the store, and whoever runs it does it.`,
  );
}

function statusOf(row: SubscriberSummary, here: LiveStanding | null): SubscriberStatus['status'] {
  if (here === null) return 'elsewhere';
  if (here.trouble !== null) return 'failed';
  if (here.replay !== null) return 'replaying';
  return row.lagged ? 'lagged' : 'following';
}
