/**
 * How many handlers may run at once in this process. Of waiting tasks those of the highest priority get
 * their turn first, then first come, first served.
 *
 * A handler that ignores its abort signal cannot be stopped. Its slot is freed all the same, so that it does not
 * hold up others, until `maxAbandoned` of them are left behind: from then on such a handler keeps its slot until it
 * settles, and a leak ends as a queue, not as a process out of memory.
 */
export class StepSlots {
  readonly #limit: number;
  readonly #maxAbandoned: number;
  /** By priority. */
  readonly #waiting = new Map<number, Set<() => void>>();
  #taken = 0;
  #abandoned = 0;

  constructor(limit: number, maxAbandoned: number) {
    this.#limit = limit;
    this.#maxAbandoned = maxAbandoned;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Of tasks that wait for one. */
  get waiting(): number {
    let count = 0;
    for (const equals of this.#waiting.values()) count += equals.size;
    return count;
  }

  get abandoned(): number {
    return this.#abandoned;
  }

  /** Takes a slot if there is one; if not, `whenFree` is called once, when it may be tried again. */
  tryTake(whenFree: () => void, priority: number): boolean {
    if (this.#taken >= this.#limit) {
      const equals = this.#waiting.get(priority) ?? new Set();
      this.#waiting.set(priority, equals.add(whenFree));
      return false;
    }
    this.#taken += 1;
    return true;
  }

  forget(whenFree: () => void): void {
    for (const equals of this.#waiting.values()) equals.delete(whenFree);
  }

  release(): void {
    this.#taken -= 1;
    // Not within the caller: it is in the middle of ending an attempt.
    if (this.#waiting.size > 0) queueMicrotask(() => this.#offer());
  }

  /** One who is told may no longer want the slot, or be busy and come back later: then the next is told. */
  #offer(): void {
    for (const priority of [...this.#waiting.keys()].sort((a, b) => b - a)) {
      const equals = this.#waiting.get(priority) ?? new Set();
      for (const whenFree of equals) {
        if (this.#taken >= this.#limit) return;
        equals.delete(whenFree);
        whenFree();
      }
      if (equals.size === 0) this.#waiting.delete(priority);
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
