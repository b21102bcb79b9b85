import type { Clock, Timer } from '../shared/clock.ts';

interface Entry {
  readonly atMs: number;
  readonly order: number;
  /** null: cancelled. */
  callback: (() => void) | null;
}

const fewEntries = 1024;

/**
 * Time that jumps from timer to timer, as fast as the work between them allows. Timers of one moment fire in the order
 * in which they were set, and none fires before everything that the one before set going has come to rest: nothing
 * depends on how long anything really takes.
 *
 * Rest is seen, not waited for: in an immediate's own turn all microtasks before it are done, so that when no other
 * immediate is pending, nothing is left that needs no time. Asking costs a third of a microsecond. What a simulation
 * waits for must therefore be a timer of this clock, never a file, a thread or a timer of the system.
 */
export class SimulatedClock implements Clock {
  #nowMs: number;
  #order = 0;
  /** A binary heap, the next to fire first. */
  #heap: Entry[] = [];
  #cancelled = 0;

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  /** Whole milliseconds, as of the system's clock. */
  now(): number {
    return Math.floor(this.#nowMs);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const entry: Entry = { atMs: this.#nowMs + Math.max(0, delayMs), order: (this.#order += 1), callback };
    this.#push(entry);
    return {
      cancel: () => {
        if (entry.callback === null) return;
        entry.callback = null;
        this.#cancelled += 1;
        if (this.#heap.length > fewEntries && this.#cancelled > this.#heap.length / 2) this.#sweep();
      },
    };
  }

  /** Lets time pass up to that moment; resolves when everything has come to rest there. */
  advanceTo(untilMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        if (isAnyImmediatePending()) return void setImmediate(turn);
        const next = this.#next();
        if (next === null || next.atMs > untilMs) {
          this.#nowMs = Math.max(this.#nowMs, untilMs);
          return resolve();
        }
        this.#pop();
        this.#nowMs = Math.max(this.#nowMs, next.atMs);
        const { callback } = next;
        next.callback = null;
        try {
          callback?.();
        } catch (error) {
          return reject(error instanceof Error ? error : new Error(String(error)));
        }
        setImmediate(turn);
      };
      setImmediate(turn);
    });
  }

  /** Lets time pass, a second at a time, until the promise has settled. */
  async advanceUntil<T>(settled: Promise<T>): Promise<T> {
    const outcome = { settled: false };
    const noted = (): void => {
      outcome.settled = true;
    };
    settled.then(noted, noted);
    await this.advanceTo(this.#nowMs);
    while (!outcome.settled) await this.advanceTo(this.#nowMs + 1000);
    return settled;
  }

  #next(): Entry | null {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined) return null;
      if (first.callback !== null) return first;
      this.#pop();
      this.#cancelled -= 1;
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const above = (index - 1) >>> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, entry)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    this.#sink(0, last);
  }

  #sink(from: number, entry: Entry): void {
    const heap = this.#heap;
    let index = from;
    for (;;) {
      let below = 2 * index + 1;
      let child = heap[below];
      if (child === undefined) break;
      const right = heap[below + 1];
      if (right !== undefined && isBefore(right, child)) {
        below += 1;
        child = right;
      }
      if (isBefore(entry, child)) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = entry;
  }

  /** Most timers are cancelled long before their time: what is left of them must not make the heap grow. */
  #sweep(): void {
    this.#heap = this.#heap.filter(({ callback }) => callback !== null);
    this.#cancelled = 0;
    for (let index = (this.#heap.length >>> 1) - 1; index >= 0; index -= 1) {
      const entry = this.#heap[index];
      if (entry !== undefined) this.#sink(index, entry);
    }
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Of what needs no time of the clock: the caller's own immediate no longer counts while it runs. */
function isAnyImmediatePending(): boolean {
  return process.getActiveResourcesInfo().includes('Immediate');
}
