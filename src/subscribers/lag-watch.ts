import { toNewEvent } from '../log/append.ts';
import type { Clock } from '../shared/clock.ts';
import type { Random } from '../shared/ids.ts';
import type { LiveStanding } from './subscriber-group.ts';
import type { ResolvedSubscriber } from './resolve-subscriber.ts';
import type { ProgressWriter, SubscriberStore } from './subscriber-store.ts';

export interface LagWatchParts {
  readonly store: SubscriberStore;
  readonly writer: ProgressWriter;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Records once when a subscriber is further behind than its limit, and once when it is back within half of it. Looks
 * from outside, so that one whose handlers block their thread is told of too.
 */
export class LagWatch {
  readonly #subscriber: ResolvedSubscriber;
  readonly #parts: LagWatchParts;
  /** null: not read from the store yet. */
  #lagged: boolean | null = null;
  #looking = false;

  constructor(subscriber: ResolvedSubscriber, parts: LagWatchParts) {
    this.#subscriber = subscriber;
    this.#parts = parts;
  }

  /** Another process runs it now, and records how it stands. */
  forget(): void {
    if (!this.#looking) this.#lagged = null;
  }

  async look(standing: LiveStanding, lastPosition: number): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      this.#lagged ??= (await this.#parts.store.load(this.#subscriber.name))?.lagged ?? null;
      if (this.#lagged !== null) await this.#judge(this.#lagged, standing, lastPosition);
    } finally {
      this.#looking = false;
    }
  }

  async #judge(before: boolean, { checkpoint, position }: LiveStanding, lastPosition: number): Promise<void> {
    const { name, lagLimit } = this.#subscriber;
    const lag = Math.max(0, lastPosition - position);
    const lagged = lag > (before ? lagLimit / 2 : lagLimit);
    if (lagged === before) return;
    const { clock, random, writer } = this.#parts;
    const fact = toNewEvent(
      {
        name: lagged ? 'subscriber.lagged' : 'subscriber.recovered',
        occurredAt: clock.now(),
        payload: { subscriber: name, lag, limit: lagLimit, checkpoint },
      },
      random,
    );
    const result = await writer.save({ kind: 'lag', subscriber: name, lagged, events: [fact] });
    if (result.kind === 'failed') throw result.error;
    // Stale: what the store says is not what was known here.
    this.#lagged = result.kind === 'saved' ? lagged : null;
  }
}
