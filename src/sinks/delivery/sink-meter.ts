import type { SinkFigures } from '../../signals/delivery.ts';

/** A change in how a sink does, worth a fact. */
export type SinkChange =
  | { readonly kind: 'failing'; readonly failures: number; readonly reason: string }
  | { readonly kind: 'recovered'; readonly failures: number; readonly failedForMs: number }
  | { readonly kind: 'dropped'; readonly dropped: number; readonly reason: string };

/** Failures in a row before one speaks of it: a single refusal is everyday life. */
const failuresToTell = 3;

/** Counts what becomes of deliveries, and tells of changes: one event for each, however long a failure lasts. */
export class SinkMeter {
  readonly #about: Pick<SinkFigures, 'sink' | 'signal'>;
  readonly #onChange: (change: SinkChange) => void;
  #delivered = 0;
  #retries = 0;
  #dropped = 0;
  #queued = 0;
  #failures = 0;
  #failedSinceMs = 0;
  #toldDropped = 0;

  constructor(about: Pick<SinkFigures, 'sink' | 'signal'>, onChange: (change: SinkChange) => void) {
    this.#about = about;
    this.#onChange = onChange;
  }

  get figures(): SinkFigures {
    return {
      ...this.#about,
      delivered: this.#delivered,
      retries: this.#retries,
      dropped: this.#dropped,
      queued: this.#queued,
      failing: this.#failures >= failuresToTell,
    };
  }

  offered(count: number): void {
    this.#queued += count;
  }

  /** Nobody waits any longer, and nothing became of it. */
  withdrawn(count: number): void {
    this.#queued -= count;
  }

  retried(reason: string, nowMs: number): void {
    this.#retries += 1;
    if (this.#failures === 0) this.#failedSinceMs = nowMs;
    this.#failures += 1;
    if (this.#failures === failuresToTell) this.#onChange({ kind: 'failing', failures: this.#failures, reason });
  }

  delivered(count: number, nowMs: number): void {
    this.#queued -= count;
    this.#delivered += count;
    if (this.#failures >= failuresToTell) {
      const failedForMs = nowMs - this.#failedSinceMs;
      this.#onChange({ kind: 'recovered', failures: this.#failures, failedForMs });
    }
    this.#failures = 0;
  }

  dropped(count: number, reason: string): void {
    this.#queued -= count;
    this.#dropped += count;
    // A sink that refuses everything would make a fact of each: told when the count has doubled since.
    if (this.#dropped < this.#toldDropped * 2) return;
    this.#toldDropped = this.#dropped;
    this.#onChange({ kind: 'dropped', dropped: this.#dropped, reason });
  }
}
