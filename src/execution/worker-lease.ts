import type { NewEvent } from '../log/event-log.ts';
import type { Clock, Timer } from '../shared/clock.ts';
import type { LostWorker, WorkerRegistry } from './workers.ts';

export interface WorkerLeaseOptions {
  readonly workers: WorkerRegistry;
  readonly workerId: string;
  readonly clock: Clock;
  readonly facts: (lost: readonly LostWorker[]) => readonly NewEvent[];
  /** Facts that are on disk. */
  readonly onRecorded: (facts: readonly NewEvent[], firstPosition: number | null) => void;
  /** The lease has run out: what this worker held may be others' by now. Called once, until it is held again. */
  readonly onLapsed: () => void;
  /** Others have voided it: it must be taken anew. */
  readonly rejoin: () => Promise<void>;
  readonly onProblem: (error: unknown) => void;
}

/** Often enough that a lease outlives a few renewals that fail. */
const renewalsPerLease = 5;

/**
 * Keeps a worker's place among those that share a store. held → lapsed (by this process's own monotonic time, so that
 * it stops by itself when it cannot reach the store) → held again, when the store says so or it has joined anew.
 */
export class WorkerLease {
  readonly #options: WorkerLeaseOptions;
  #timer: Timer | null = null;
  /** When the lease runs out, whatever a renewal that is under way still waits for. */
  #end: Timer | null = null;
  #renewing: Promise<void> = Promise.resolve();
  /** Of others, who have been silent for too long; one at a time, and no renewal waits for it. */
  #voiding: Promise<void> | null = null;
  #renewedMs: number;
  #lapsed = false;
  #failing = false;
  #voidingFails = false;
  #started = false;
  #stopping = false;

  constructor(options: WorkerLeaseOptions) {
    this.#options = options;
    this.#renewedMs = options.clock.monotonicMs();
  }

  get held(): boolean {
    return !this.#lapsed;
  }

  /** Where nobody renews, does nothing. */
  start(): void {
    if (this.#options.workers.leaseMs === null) return;
    this.#started = true;
    this.#stopping = false;
    this.#lapsed = false;
    this.#renewed(this.#options.clock.monotonicMs(), this.#options.workers.leaseMs);
    this.#later(this.#options.workers.leaseMs);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    // Renewed until then: leaving waits for it too.
    await this.#voiding;
    this.#started = false;
    this.#timer?.cancel();
    this.#end?.cancel();
    await this.#renewing;
  }

  #later(leaseMs: number): void {
    if (!this.#started) return;
    this.#timer = this.#options.clock.setTimer(leaseMs / renewalsPerLease, () => {
      this.#renewing = this.#renew(leaseMs).finally(() => this.#later(leaseMs));
    });
  }

  async #renew(leaseMs: number): Promise<void> {
    const { workers, workerId, clock, rejoin, onProblem } = this.#options;
    let askedMs = clock.monotonicMs();
    // Before anything is asked: a process that was frozen finds out here that its time is up.
    if (askedMs - this.#renewedMs >= leaseMs) this.#lapse();
    try {
      const { held, othersLapsed } = await workers.renew(workerId);
      if (!held) this.#lapse();
      // Also where nobody has noticed: what it has let go must become due.
      if (this.#lapsed) {
        await rejoin();
        // Joining may have waited for others longer than a lease lasts: whether it does is asked, and from when on.
        askedMs = clock.monotonicMs();
        if (!(await workers.renew(workerId)).held) return;
      }
      this.#lapsed = false;
      this.#renewed(askedMs, leaseMs);
      this.#failing = false;
      if (othersLapsed && !this.#stopping) this.#voiding ??= this.#voidLost().finally(() => (this.#voiding = null));
    } catch (error) {
      if (!this.#failing) onProblem(error);
      this.#failing = true;
      if (clock.monotonicMs() - this.#renewedMs >= leaseMs) this.#lapse();
    }
  }

  async #voidLost(): Promise<void> {
    const { workers, workerId, onRecorded, onProblem } = this.#options;
    let facts: readonly NewEvent[] = [];
    try {
      const position = await workers.voidLost(workerId, (lost) => (facts = this.#options.facts(lost)));
      if (position !== null) onRecorded(facts, position);
      this.#voidingFails = false;
    } catch (error) {
      if (!this.#voidingFails) onProblem(error);
      this.#voidingFails = true;
    }
  }

  /** A store that does not answer, as when the network is cut, may keep a renewal waiting far beyond the lease. */
  #renewed(atMs: number, leaseMs: number): void {
    const { clock } = this.#options;
    this.#renewedMs = atMs;
    this.#end?.cancel();
    if (this.#started) this.#end = clock.setTimer(atMs + leaseMs - clock.monotonicMs(), () => this.#lapse());
  }

  #lapse(): void {
    if (this.#lapsed) return;
    this.#lapsed = true;
    this.#options.onLapsed();
  }
}
