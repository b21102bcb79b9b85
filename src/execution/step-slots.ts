/**
 * How many handlers may run at once in this process. Waiting tasks get their turn first come, first served.
 *
 * A handler that ignores its abort signal cannot be stopped. Its slot is freed all the same, so that it does not
 * hold up others, until `maxAbandoned` of them are left behind: from then on such a handler keeps its slot until it
 * settles, and a leak ends as a queue, not as a process out of memory.
 */
export class StepSlots {
  readonly #limit: number;
  readonly #maxAbandoned: number;
  readonly #waiting = new Set<() => void>();
  #taken = 0;
  #abandoned = 0;

  constructor(limit: number, maxAbandoned: number) {
    this.#limit = limit;
    this.#maxAbandoned = maxAbandoned;
  }

  get taken(): number {
    return this.#taken;
  }

  get abandoned(): number {
    return this.#abandoned;
  }

  /** Takes a slot if there is one; if not, `whenFree` is called once, when it may be tried again. */
  tryTake(whenFree: () => void): boolean {
    if (this.#taken >= this.#limit) {
      this.#waiting.add(whenFree);
      return false;
    }
    this.#taken += 1;
    return true;
  }

  forget(whenFree: () => void): void {
    this.#waiting.delete(whenFree);
  }

  release(): void {
    this.#taken -= 1;
    // Not within the caller: it is in the middle of ending an attempt.
    if (this.#waiting.size > 0) queueMicrotask(() => this.#offer());
  }

  /** One who is told may no longer want the slot, or be busy and come back later: then the next is told. */
  #offer(): void {
    for (const whenFree of this.#waiting) {
      if (this.#taken >= this.#limit) return;
      this.#waiting.delete(whenFree);
      whenFree();
    }
  }

  /** Leaves a running handler behind. Call what it returns when the handler has settled after all. */
  abandon(): () => void {
    const keepsSlot = this.#abandoned >= this.#maxAbandoned;
    this.#abandoned += 1;
    if (!keepsSlot) this.release();
    return () => {
      this.#abandoned -= 1;
      if (keepsSlot) this.release();
    };
  }
}
