import type { Clock, Timer } from '../shared/clock.ts';

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Time that passes only when a test says so. */
export class FakeClock implements Clock {
  #now: number;
  #order = 0;
  readonly #pending = new Set<Pending>();

  constructor(startMs = 1_790_000_000_000) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  monotonicMs(): number {
    return this.#now;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const pending = { at: this.#now + Math.max(0, delayMs), order: (this.#order += 1), callback };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** Lets time pass, timer by timer; between two of them everything that they set going comes to rest. */
  async advance(byMs: number): Promise<void> {
    const until = this.#now + byMs;
    await rest();
    for (;;) {
      const next = [...this.#pending].sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (next === undefined || next.at > until) break;
      this.#pending.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
      await rest();
    }
    this.#now = until;
    await rest();
  }
}

/**
 * Lets everything that needs no time happen. In memory nothing waits for anything but turns of the event loop, and a
 * step's whole way (handler, decision, commit) takes fewer than these.
 */
export async function rest(): Promise<void> {
  for (let turn = 0; turn < 24; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
