import type { Clock } from '../shared/clock.ts';
import type { WorkerRegistry } from './workers.ts';

const lookEveryMs = 1000;
// An engine that is being replaced is gone for a moment.
const graceMs = 5000;

/** Tells somebody who follows another process's task when there is no longer an engine that could end it. */
export class EngineWatch {
  readonly #workers: WorkerRegistry;
  readonly #clock: Clock;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #seenMs: number;

  constructor(workers: WorkerRegistry, clock: Clock) {
    this.#workers = workers;
    this.#clock = clock;
    this.#seenMs = clock.monotonicMs();
  }

  /** True once no engine has been seen for longer than a restart takes. Cheap to ask often. */
  async isGone(): Promise<boolean> {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lookedMs >= lookEveryMs) {
      this.#lookedMs = nowMs;
      if (await this.#workers.isEngineRunning()) this.#seenMs = nowMs;
    }
    return nowMs - this.#seenMs >= graceMs;
  }
}
