import type { CommittedEvents } from '../log/event-log.ts';
import { TaskerError } from '../shared/errors.ts';
import type { ParkedOutcome } from './parked-events.ts';
import type { ReplayOptions } from './replay.ts';
import type { ResolvedSubscriber } from './resolve-subscriber.ts';
import type { SubscriberLeases } from './subscriber-leases.ts';
import type { LiveStanding, SubscriberGroup } from './subscriber-group.ts';
import type { ReplayProgress } from './subscriber-store.ts';

export interface LeasedGroupOptions {
  readonly subscribers: readonly ResolvedSubscriber[];
  /** A group that has not been started. It is stopped once, and another one made when it is wanted again. */
  readonly make: () => SubscriberGroup;
  readonly leases: SubscriberLeases;
  /** This process, while it has joined and nobody has taken it for lost; else null. */
  readonly worker: () => string | null;
  readonly onProblem: (error: unknown) => void;
}

/**
 * Subscribers of which each runs in one of many processes. Whoever holds the lease runs them; all others look, about
 * once a second, whether it is free. elsewhere ⇄ here; → stopped. The lease spares work and effects done twice; that
 * nothing is counted twice, checkpoints see to.
 */
export class LeasedGroup implements SubscriberGroup {
  readonly subscribers: readonly ResolvedSubscriber[];
  readonly #options: LeasedGroupOptions;
  #group: SubscriberGroup | null = null;
  /** Not this one's yet: it is still being started. */
  #beginning: SubscriberGroup | null = null;
  #changing: Promise<void> = Promise.resolve();
  #busy = false;
  #stopped = false;
  #troubled = false;
  readonly #released = new Set<string>();

  constructor(options: LeasedGroupOptions) {
    this.#options = options;
    this.subscribers = options.subscribers;
  }

  get isHere(): boolean {
    return this.#group !== null;
  }

  async start(): Promise<void> {
    this.look();
    await this.#changing;
  }

  giveUpStart(): void {
    if (this.#group !== null) return;
    this.#stopped = true;
    this.#beginning?.giveUpStart();
  }

  async stop(): Promise<void> {
    this.giveUpStart();
    this.#stopped = true;
    await this.#changing;
    await this.#giveBack();
  }

  committed(committed: readonly CommittedEvents[]): void {
    this.#group?.committed(committed);
  }

  wake(): void {
    this.#group?.wake();
  }

  look(): void {
    this.#group?.look();
    if (this.#busy || this.#stopped || this.#names.length === 0) return;
    this.#busy = true;
    this.#changing = this.#trySettle();
  }

  standing(name: string): LiveStanding | null {
    return this.#group?.standing(name) ?? null;
  }

  async retryParked(name: string, position?: number): Promise<ParkedOutcome> {
    return this.#here(name).retryParked(name, position);
  }

  async dropParked(name: string, position?: number): Promise<ParkedOutcome> {
    return this.#here(name).dropParked(name, position);
  }

  async replay(name: string, options: ReplayOptions): Promise<ReplayProgress> {
    return this.#here(name).replay(name, options);
  }

  abortReplays(): void {
    this.#group?.abortReplays();
  }

  /** Nothing where another process runs it: that one shows it. */
  async view(name: string): Promise<readonly string[]> {
    return this.#group === null ? [] : this.#group.view(name);
  }

  async release(name: string): Promise<void> {
    this.#released.add(name);
    await this.#group?.release(name);
  }

  get #names(): readonly string[] {
    return this.subscribers.map(({ name }) => name);
  }

  async #trySettle(): Promise<void> {
    try {
      await this.#settle();
      this.#troubled = false;
    } catch (error) {
      if (!this.#troubled) this.#options.onProblem(error);
      this.#troubled = true;
    } finally {
      this.#busy = false;
    }
  }

  async #settle(): Promise<void> {
    const worker = this.#options.worker();
    const holds = worker !== null && (await this.#options.leases.claim(worker, this.#names));
    if (!holds) return this.#leave();
    if (this.#group !== null) return;
    if (!this.#stopped) this.#group = await this.#started();
    // Given up meanwhile: another process must not have to wait until this one has come to its end.
    if (this.#stopped) await this.#giveBack();
  }

  /** One that could not be started is not left half running: the next look makes another. */
  async #started(): Promise<SubscriberGroup> {
    const group = this.#options.make();
    this.#beginning = group;
    try {
      await group.start();
      // Of one that was given up there is nothing to release.
      if (!this.#stopped) for (const name of this.#released) await group.release(name);
      return group;
    } catch (error) {
      await group.stop();
      throw error;
    } finally {
      this.#beginning = null;
    }
  }

  async #giveBack(): Promise<void> {
    await this.#leave();
    const worker = this.#options.worker();
    if (worker !== null) await this.#options.leases.release(worker, this.#names);
  }

  async #leave(): Promise<void> {
    const group = this.#group;
    this.#group = null;
    await group?.stop();
  }

  #here(name: string): SubscriberGroup {
    if (this.#group !== null) return this.#group;
    throw new TaskerError(
      'TASKER_SUBSCRIBER_ELSEWHERE',
      `Subscriber '${name}' is run by another worker at the moment; ask through the store, and that one does it.`,
    );
  }
}
