export interface StepSlotLimits {
  readonly perProcess: number;
  readonly maxAbandoned: number;
  /** By name; what is not named has no limit of its own. */
  readonly perNamespace?: Readonly<Record<string, number>>;
  readonly perDependentSystem?: Readonly<Record<string, number>>;
}

/** A limit beside that of the process: of one namespace or one dependent system. */
interface Share {
  readonly limit: number;
  taken: number;
  readonly waiting: Waiting;
}

/** By priority, in the order in which they came. */
type Waiting = Map<number, Set<() => void>>;

/** The limits that a step falls under besides the process's own; mostly none. */
export type StepShares = readonly Share[];

const noShares: StepShares = [];

/**
 * How many handlers may run at once in this process, in all and for each namespace and dependent system that has a
 * limit of its own. Of waiting tasks those of the highest priority get their turn first, then first come, first
 * served; one that waits for a namespace or system holds up nobody else.
 *
 * A handler that ignores its abort signal cannot be stopped. Its slot is freed all the same, so that it does not
 * hold up others, until `maxAbandoned` of them are left behind: from then on such a handler keeps its slot until it
 * settles, and a leak ends as a queue, not as a process out of memory.
 */
export class StepSlots {
  readonly #limits: StepSlotLimits;
  readonly #ofNamespace: ReadonlyMap<string, Share>;
  readonly #ofSystem: ReadonlyMap<string, Share>;
  readonly #waiting: Waiting = new Map();
  #taken = 0;
  #abandoned = 0;

  constructor(limits: StepSlotLimits) {
    this.#limits = limits;
    this.#ofNamespace = sharesOf(limits.perNamespace);
    this.#ofSystem = sharesOf(limits.perDependentSystem);
  }

  get taken(): number {
    return this.#taken;
  }

  /** Of tasks that wait for one. */
  get waiting(): number {
    const told = new Set<() => void>();
    for (const waiting of this.#allWaiting())
      for (const equals of waiting.values()) equals.forEach((one) => told.add(one));
    return told.size;
  }

  get abandoned(): number {
    return this.#abandoned;
  }

  sharesOf(namespace: string, dependentSystem: string): StepShares {
    if (this.#ofNamespace.size === 0 && this.#ofSystem.size === 0) return noShares;
    return [this.#ofNamespace.get(namespace), this.#ofSystem.get(dependentSystem)].filter(
      (share) => share !== undefined,
    );
  }

  /** Takes a slot if there is one; if not, `whenFree` is called once, when it may be tried again. */
  tryTake(whenFree: () => void, priority: number, shares: StepShares = noShares): boolean {
    const full = this.#taken >= this.#limits.perProcess ? this.#waiting : shares.find(isFull)?.waiting;
    if (full !== undefined) {
      const equals = full.get(priority) ?? new Set();
      full.set(priority, equals.add(whenFree));
      return false;
    }
    this.#taken += 1;
    for (const share of shares) share.taken += 1;
    return true;
  }

  forget(whenFree: () => void): void {
    for (const waiting of this.#allWaiting()) for (const equals of waiting.values()) equals.delete(whenFree);
  }

  release(shares: StepShares = noShares): void {
    this.#taken -= 1;
    for (const share of shares) share.taken -= 1;
    // Not within the caller: it is in the middle of ending an attempt. Who waits for the share comes first: he may
    // take the slot that those who wait for the process could take too.
    for (const { waiting } of shares) if (waiting.size > 0) queueMicrotask(() => this.#offer(waiting));
    if (this.#waiting.size > 0) queueMicrotask(() => this.#offer(this.#waiting));
  }

  /** One who is told may no longer want the slot, or be busy and come back later: then the next is told. */
  #offer(waiting: Waiting): void {
    for (const priority of [...waiting.keys()].sort((a, b) => b - a)) {
      const equals = waiting.get(priority) ?? new Set();
      // A copy: who is told and finds his share full waits anew, and is not told again this time.
      const asTheyCame = Array.from(equals);
      for (const whenFree of asTheyCame) {
        if (this.#taken >= this.#limits.perProcess) return;
        if (equals.delete(whenFree)) whenFree();
      }
      if (equals.size === 0) waiting.delete(priority);
    }
  }

  /** Leaves a running handler behind. Call what it returns when the handler has settled after all. */
  abandon(shares: StepShares = noShares): () => void {
    const keepsSlot = this.#abandoned >= this.#limits.maxAbandoned;
    this.#abandoned += 1;
    if (!keepsSlot) this.release(shares);
    return () => {
      this.#abandoned -= 1;
      if (keepsSlot) this.release(shares);
    };
  }

  *#allWaiting(): Iterable<Waiting> {
    yield this.#waiting;
    for (const { waiting } of this.#ofNamespace.values()) yield waiting;
    for (const { waiting } of this.#ofSystem.values()) yield waiting;
  }
}

function sharesOf(limits: Readonly<Record<string, number>> = {}): ReadonlyMap<string, Share> {
  return new Map(
    Object.entries(limits).map(([name, limit]) => [name, { limit, taken: 0, waiting: new Map() }] as const),
  );
}

function isFull({ taken, limit }: Share): boolean {
  return taken >= limit;
}
