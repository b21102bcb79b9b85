import type { Clock } from '../shared/clock.ts';
import { type Random, uuidV7 } from '../shared/ids.ts';
import { isRealTime } from '../shared/store-clock.ts';
import type { NewEvent } from '../log/event-log.ts';
import type { Narration } from './narration.ts';
import { type Block, LoopWatch } from './watchdog/loop-watch.ts';
import type { WatchMemory } from './watchdog/watch-memory.ts';
import { workerFacts } from './worker-facts.ts';
import { WorkerLease } from './worker-lease.ts';
import type { FactsOfJoining, WorkerRegistry } from './workers.ts';

export interface MembershipOptions {
  readonly workers: WorkerRegistry;
  readonly clock: Clock;
  readonly random: Random;
  readonly narration: Narration;
  /** 0: nobody watches the event loop. */
  readonly unresponsiveMs: number;
  /** What this worker held may be others' by now. */
  readonly onLapsed: () => void;
  readonly onProblem: (error: unknown) => void;
}

/** This process as one of those that work on a store: joins, stays, tells of itself, leaves. */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #facts: ReturnType<typeof workerFacts>;
  readonly #watch: LoopWatch | null;
  readonly #lease: WorkerLease;
  #noted: Promise<void> = Promise.resolve();

  constructor(options: MembershipOptions) {
    const { workers, clock, random, narration, unresponsiveMs, onLapsed, onProblem } = options;
    this.#options = options;
    this.#facts = workerFacts(uuidV7(clock.now(), random), clock, random);
    this.#watch =
      unresponsiveMs === 0 || !isRealTime(clock)
        ? null
        : new LoopWatch({ clock, limitMs: unresponsiveMs, onBlocked: (block) => this.#note(block), onProblem });
    this.#lease = new WorkerLease({
      workers,
      workerId: this.id,
      clock,
      facts: (lost) => this.#facts.losses(lost),
      onRecorded: (facts, position) => narration.recorded(facts, position),
      onLapsed,
      rejoin: () => this.#join(),
      onProblem,
    });
  }

  get id(): string {
    return this.#facts.info.id;
  }

  /** Where the watchdog sees which handler is being called; null when there is none. */
  get watched(): WatchMemory | null {
    return this.#watch?.memory ?? null;
  }

  /** For how long the event loop has stood still since the start, milliseconds; 0 when nobody watches it. */
  get stoodStillMs(): number {
    return this.#watch?.stoodStillMs ?? 0;
  }

  /** Until it has left, or others have taken it for lost. */
  get held(): boolean {
    return this.#lease.held;
  }

  async join(): Promise<void> {
    await this.#join();
    this.#watch?.start();
    this.#lease.start();
  }

  async leave(counts: { readonly returnedAttempts: number; readonly abandonedHandlers: number }): Promise<void> {
    const { workers, narration } = this.#options;
    this.#watch?.stop();
    await this.#lease.stop();
    await this.#noted;
    const facts = this.#facts.stopped(counts);
    narration.recorded(facts, await workers.leave(this.id, facts));
  }

  /** Without a word: leaving was not possible, or is not wanted any more. */
  async end(): Promise<void> {
    this.#watch?.stop();
    await this.#lease.stop();
  }

  async #join(): Promise<void> {
    let facts: readonly NewEvent[] = [];
    const started: FactsOfJoining = (lost, anew) => (facts = this.#facts.started(lost, anew));
    const position = await this.#options.workers.join(this.#facts.info, started);
    this.#options.narration.recorded(facts, position);
  }

  /** Best effort: a store that refuses it now gets no second try, but whoever runs the engine is told. */
  #note(block: Block): void {
    const { narration, workers, onProblem } = this.#options;
    const facts = this.#facts.unresponsive(block);
    this.#noted = workers
      .note(this.id, facts)
      .then((position) => narration.recorded(facts, position))
      .catch(onProblem);
  }
}
