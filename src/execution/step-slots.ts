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

/** By priority, in the order in which they began to wait here. */
type Waiting = Map<number, Set<() => void>>;

/** The limits that a step falls under besides the process's own; mostly none. */
export type StepShares = readonly Share[];

const noShares: StepShares = [];

/**
 * How many handlers may run at once in this process, in all and for each namespace and dependent system that has a
 * limit of its own. Of waiting tasks those of the highest priority get their turn first, then first come, first
 * served, whatever they wait for: were those of a busy system always first, or last, the others would starve. One that
 * waits for a namespace or system holds up nobody else.
 *
 * A handler that ignores its abort signal cannot be stopped. Its slot is freed all the same, so that it does not
 * hold up others, until `maxAbandoned` of them are left behind: from then on such a handler keeps its slot until it
 * settles, and a leak ends as a queue, not as a process out of memory.
 */
export class StepSlots {
  readonly #limits: StepSlotLimits;
  readonly #ofNamespace: ReadonlyMap<string, Share>;
  readonly #ofSystem: ReadonlyMap<string, Share>;
  readonly #shares: readonly Share[];
  readonly #waiting: Waiting = new Map();
  /** Who waits for anything, and how many had begun to wait before. */
  readonly #cameAs = new Map<() => void, number>();
  #came = 0;
  #offering = false;
  #taken = 0;
  #abandoned = 0;

  constructor(limits: StepSlotLimits) {
    this.#limits = limits;
    this.#ofNamespace = sharesOf(limits.perNamespace);
    this.#ofSystem = sharesOf(limits.perDependentSystem);
    this.#shares = [...this.#ofNamespace.values(), ...this.#ofSystem.values()];
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
      if (!this.#cameAs.has(whenFree)) this.#cameAs.set(whenFree, (this.#came += 1));
      return false;
    }
    this.#cameAs.delete(whenFree);
    this.#taken += 1;
    for (const share of shares) share.taken += 1;
    return true;
  }

  forget(whenFree: () => void): void {
    this.#cameAs.delete(whenFree);
    for (const waiting of this.#allWaiting()) for (const equals of waiting.values()) equals.delete(whenFree);
  }

  release(shares: StepShares = noShares): void {
    this.#taken -= 1;
    for (const share of shares) share.taken -= 1;
    if (this.#offering) return;
    this.#offering = true;
    // Not within the caller: it is in the middle of ending an attempt.
    queueMicrotask(() => {
      this.#offering = false;
      this.#offer();
    });
  }

  /**
   * Tells those who wait for what is not full, until the process is. One who is told may no longer want the slot, or be
   * busy and come back later: then the next is told. One who finds another of his shares full waits anew, and is not
   * told again this time.
   */
  #offer(): void {
    const told = new Set<() => void>();
    while (this.#taken < this.#limits.perProcess) {
      const next = this.#next(told);
      if (next === null) return;
      next.equals.delete(next.whenFree);
      told.add(next.whenFree);
      next.whenFree();
    }
  }

  /** Of the first in each queue the one of the highest priority, or of those equal in that the one who came first. */
  #next(told: ReadonlySet<() => void>): Head | null {
    let best = head(this.#waiting, told);
    for (const share of this.#shares) {
      if (share.waiting.size === 0 || isFull(share)) continue;
      const other = head(share.waiting, told);
      if (other !== null && (best === null || this.#goesBefore(other, best))) best = other;
    }
    return best;
  }

  #goesBefore(one: Head, other: Head): boolean {
    if (one.priority !== other.priority) return one.priority > other.priority;
    return (this.#cameAs.get(one.whenFree) ?? 0) < (this.#cameAs.get(other.whenFree) ?? 0);
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
    for (const { waiting } of this.#shares) yield waiting;
  }
}

function sharesOf(limits: Readonly<Record<string, number>> = {}): ReadonlyMap<string, Share> {
  return new Map(
    Object.entries(limits).map(([name, limit]) => [name, { limit, taken: 0, waiting: new Map() }] as const),
  );
}

interface Head {
  readonly priority: number;
  readonly equals: Set<() => void>;
  readonly whenFree: () => void;
}

/** Who comes first in a queue; null where all have been told. Who waits anew stands behind those who have not been. */
function head(waiting: Waiting, told: ReadonlySet<() => void>): Head | null {
  let best: Head | null = null;
  for (const [priority, equals] of waiting) {
    const [whenFree] = equals;
    if (whenFree === undefined) waiting.delete(priority);
    else if ((best === null || priority > best.priority) && !told.has(whenFree)) best = { priority, equals, whenFree };
  }
  return best;
}

function isFull({ taken, limit }: Share): boolean {
  return taken >= limit;
}
