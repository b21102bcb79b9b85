import { toNewEvent } from '../log/append.ts';
import type { EventLog, EventPage } from '../log/event-log.ts';
import type { Clock, Timer } from '../shared/clock.ts';
import { errorMessage } from '../shared/errors.ts';
import type { Random } from '../shared/ids.ts';
import { Batch } from './batch.ts';
import { type Handling, waited } from './handle-event.ts';
import { stateFrom, stateText } from './json-state.ts';
import type { Peril } from './peril.ts';
import type { ResolvedSubscriber } from './resolve-subscriber.ts';
import type { SharedReader } from './shared-reader.ts';
import { startPosition } from './start-position.ts';
import type { Progress, ProgressResult, ProgressWriter, SubscriberStore } from './subscriber-store.ts';
import { Ticking } from './ticking.ts';

export interface RunnerParts {
  readonly store: SubscriberStore;
  readonly writer: ProgressWriter;
  readonly log: EventLog;
  /** Up to where the log may have lost events to old age. */
  readonly removedUpTo: () => Promise<number>;
  readonly reader: SharedReader;
  readonly clock: Clock;
  readonly random: Random;
  readonly onProblem: (error: unknown) => void;
  /** Where the thread may end without the process: by subscriber. */
  readonly peril?: (name: string) => Peril;
}

/** What a subscriber has kept, as it stands in memory. */
export interface Standing {
  /** Saved. */
  checkpoint: number;
  generation: number;
  countsFrom: number | null;
  state: unknown;
  readonly held: Set<string>;
}

const tryAgainAfterMs = 1000;
/** Positions that may be passed without an event for the subscriber before its checkpoint follows at once. */
const unsavedPositions = 1000;

/**
 * Lets one subscriber follow the log: opening → following ⇄ waiting → stopped; `failed` when its progress cannot be
 * saved for a reason of its own. Whatever is done to what it has kept is done in `exclusively`, one after the other.
 */
export class SubscriberRunner {
  readonly subscriber: ResolvedSubscriber;
  readonly parts: RunnerParts;
  readonly #stop = new AbortController();
  readonly #names: readonly string[];
  readonly #peril: Peril | null;
  standing: Standing | null = null;
  /** Read up to here; ahead of the checkpoint where nothing was to be handled. */
  #position = 0;
  /** Its state has counted events after the checkpoint, or a tick has changed it. */
  #unsaved = false;
  #savedAtMs = Number.NEGATIVE_INFINITY;
  #trouble: string | null = null;
  readonly #ticking: Ticking | null;
  #tickTrouble: string | null = null;
  #stopping = false;
  #failures = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #wake: (() => void) | null = null;
  #awake = false;
  #drainTo: number | null = null;
  #loop: Promise<void> | null = null;

  constructor(subscriber: ResolvedSubscriber, parts: RunnerParts) {
    this.subscriber = subscriber;
    this.parts = parts;
    this.#names = [...subscriber.handlers.keys()];
    this.#peril = parts.peril?.(subscriber.name) ?? null;
    // One for all waits: there are as many of those as commits.
    this.#stop.signal.addEventListener('abort', () => this.#wake?.(), { once: true });
    const { tick } = subscriber;
    this.#ticking = tick === null ? null : new Ticking(tick, parts.clock, parts.log);
  }

  get names(): readonly string[] {
    return this.#names;
  }

  get position(): number {
    return this.#position;
  }

  /** Up to here nothing comes again after a crash: what was handled is saved, and the rest was not to be handled. */
  get settledPosition(): number {
    return this.#unsaved ? (this.standing?.checkpoint ?? 0) : this.#position;
  }

  /** What keeps it from going on; null while nothing does. A handler's errors are not: their events are parked. */
  get trouble(): string | null {
    return this.#trouble ?? this.#tickTrouble;
  }

  /** How often a handler has failed since this was made. */
  get failures(): number {
    return this.#failures;
  }

  get stopSignal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Resolves when it stands in the store, or has failed to once: then it goes on trying by itself. */
  async start(): Promise<void> {
    const opened = await this.#tryOpen();
    this.#ticking?.tick.onReady?.(() => {
      this.#ticking?.callSoon();
      this.wake();
    });
    this.#loop = this.#follow(opened);
  }

  /** Something was committed: a hint. */
  wake(): void {
    this.#awake = true;
    this.#wake?.();
  }

  /** Goes on to the end of the log, if that takes no longer than the grace; what is under way then comes again. */
  async stop(graceMs: number): Promise<void> {
    if (this.#loop === null) return;
    this.#stopping = true;
    this.#drainTo = await this.parts.log.lastPosition().catch(() => 0);
    const timer: Timer = this.parts.clock.setTimer(graceMs, () => this.#stop.abort());
    this.wake();
    await this.#loop;
    timer.cancel();
    this.#stop.abort();
  }

  /** One after the other with the batches: `standing` is nobody else's meanwhile, and is what is stored. */
  exclusively<T>(act: () => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      await this.#savePosition();
      return act();
    });
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(act);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  handling(mode: { readonly replaying: boolean; readonly deliver: boolean }): Handling {
    return {
      subscriber: this.subscriber,
      clock: this.parts.clock,
      log: this.parts.log,
      stop: this.#stop.signal,
      // What is asked for by hand is not repeated, and is not to be taken for what goes on beside it.
      peril: mode.replaying ? null : this.#peril,
      failed: () => (this.#failures += 1),
      ...mode,
    };
  }

  /** Saves, however long the store refuses to take anything; null when it was stopped first. */
  async save(progress: Progress): Promise<ProgressResult | null> {
    for (;;) {
      try {
        return await this.parts.writer.save(progress);
      } catch (error) {
        this.#trouble = errorMessage(error);
        if (!(await waited({ clock: this.parts.clock, stop: this.#stop.signal }, tryAgainAfterMs))) return null;
      }
    }
  }

  /** Takes over what is stored: at the start, and when somebody else has moved it. */
  async load(): Promise<void> {
    const { store, log } = this.parts;
    const { name, startFrom, holdsTask } = this.subscriber;
    let row = await store.load(name);
    if (row === null) {
      const checkpoint = await startPosition(log, startFrom);
      const state = stateText(this.subscriber, stateFrom(this.subscriber, null));
      await this.parts.writer.save({ kind: 'register', subscriber: name, checkpoint, state });
      row = await store.load(name);
      if (row === null) throw new Error(`subscriber '${name}' could not be registered`);
    }
    this.#position = row.checkpoint;
    this.#unsaved = false;
    this.standing = {
      checkpoint: row.checkpoint,
      generation: row.generation,
      countsFrom: row.countsFrom,
      state: stateFrom(this.subscriber, row.state),
      held: new Set(holdsTask ? await store.parkedTasks(name) : []),
    };
  }

  async #tryOpen(): Promise<boolean> {
    try {
      await this.load();
      this.#trouble = null;
      return true;
    } catch (error) {
      this.#trouble = errorMessage(error);
      this.parts.onProblem(error);
      return false;
    }
  }

  async #follow(opened: boolean): Promise<void> {
    const { clock } = this.parts;
    const stop = this.#stop.signal;
    let open = opened;
    while (!open && this.#drainTo === null && (await waited({ clock, stop }, tryAgainAfterMs))) {
      open = await this.#tryOpen();
    }
    if (!open) return;
    while (!stop.aborted) {
      try {
        const before = this.#position;
        if (this.#drainTo !== null && before >= this.#drainTo) break;
        await this.#inTurn(() => this.#step());
        this.#trouble = null;
        if (this.#position === before) await this.#wait();
      } catch (error) {
        this.#trouble = errorMessage(error);
        this.parts.onProblem(error);
        if (this.#drainTo !== null) break;
        await waited({ clock, stop }, tryAgainAfterMs);
      }
    }
    await this.#inTurn(() => this.#savePosition()).catch(() => undefined);
  }

  async #step(): Promise<void> {
    const { standing, subscriber } = this;
    if (standing === null) return;
    this.#awake = false;
    await this.#ticking?.look();
    const page = await this.parts.reader.read(this.#position, subscriber.handlers, subscriber.batchSize);
    if (page.lastPosition !== this.#position) await this.#take(page, standing);
    else if (this.#isDue()) await this.#savePosition();
    await this.#tick();
  }

  async #take(page: EventPage, standing: Standing): Promise<void> {
    const batch = this.#newBatch(standing);
    const reached = await batch.takeAll(page.events, this.#position, page.lastPosition);
    if (!(await batch.deliver())) return;
    const passedBy = batch.taken === 0 && reached - standing.checkpoint < unsavedPositions;
    if (batch.facts.length === 0 && batch.parked.length === 0 && (!this.#isDue() || (passedBy && !this.#unsaved)))
      this.#keep(batch, reached);
    else await this.#saveBatch(batch, reached);
  }

  #isDue(): boolean {
    return this.parts.clock.monotonicMs() - this.#savedAtMs >= this.subscriber.saveEveryMs;
  }

  /** In memory until it is due. */
  #keep(batch: Batch, reached: number): void {
    const { standing } = this;
    if (standing === null) return;
    this.#position = reached;
    if (batch.taken === 0) return;
    standing.state = batch.state;
    standing.countsFrom = batch.countsFrom;
    this.#unsaved = true;
  }

  async #savePosition(): Promise<void> {
    const { standing } = this;
    if (standing === null || (this.#position === standing.checkpoint && !this.#unsaved)) return;
    await this.#saveBatch(this.#newBatch(standing), this.#position);
  }

  #newBatch(standing: Standing): Batch {
    return new Batch(this.handling({ replaying: false, deliver: true }), this.parts.random, standing);
  }

  async #tick(): Promise<void> {
    const { standing } = this;
    if (this.#ticking === null || standing === null || this.#stopping) return;
    const nowMs = this.#ticking.take(this.#position);
    if (nowMs === null) return;
    const batch = this.#newBatch(standing);
    const afterwards: (() => void)[] = [];
    try {
      const changed = this.#ticking.tick.act(standing.state as never, nowMs, {
        record: (facts) => batch.facts.push(...facts.map((fact) => toNewEvent(fact, this.parts.random))),
        afterSave: (act) => afterwards.push(act),
        stop: this.#stop.signal,
      });
      this.#tickTrouble = null;
      const atOnce = batch.facts.length > 0 || afterwards.length > 0;
      if (changed === false && !atOnce) return;
      this.#unsaved = true;
      if (!atOnce && !this.#isDue()) return;
    } catch (error) {
      // It may have changed something already: back to what is stored. Told once, however long it goes on.
      if (this.#tickTrouble === null) this.parts.onProblem(error);
      this.#tickTrouble = errorMessage(error);
      return this.load();
    }
    if (await this.#saveBatch(batch, this.#position)) for (const act of afterwards) act();
  }

  /** Whether it was saved. */
  async #saveBatch(batch: Batch, to: number): Promise<boolean> {
    const { standing } = this;
    if (standing === null) return false;
    const { generation, checkpoint, state } = standing;
    const inPlace = this.subscriber.codec !== null && batch.taken > 0;
    const changed = this.#unsaved || inPlace || batch.state !== state;
    const result = await this.save({
      kind: 'advance',
      subscriber: this.subscriber.name,
      generation,
      from: checkpoint,
      to,
      countsFrom: batch.countsFrom,
      ...(changed && { state: stateText(this.subscriber, batch.state) ?? 'null' }),
      park: batch.parked,
      unpark: [],
      events: batch.facts,
    });
    if (result === null) return false;
    if (result.kind === 'saved') {
      standing.checkpoint = to;
      standing.countsFrom = batch.countsFrom;
      standing.state = batch.state;
      for (const taskId of batch.heldAnew) standing.held.add(taskId);
      this.#position = to;
      this.#unsaved = false;
      this.#savedAtMs = this.parts.clock.monotonicMs();
      this.#trouble = null;
      return true;
    }
    // What the batch has done is forgotten: its events come again from where the store stands.
    await this.load();
    if (result.kind === 'failed') throw result.error;
    return false;
  }

  /** Until something is committed, or somebody looks in. */
  async #wait(): Promise<void> {
    if (this.#awake || this.#drainTo !== null || this.#stop.signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer =
      this.#ticking === null || this.#stopping ? null : this.parts.clock.setTimer(this.#ticking.restMs, resolve);
    await promise;
    timer?.cancel();
    this.#wake = null;
  }
}
