export interface BreakerLimits {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** How long it stays open before one try is let through. */
  readonly openMs: number;
}

export const usualBreaker: BreakerLimits = { failures: 5, openMs: 10_000 };

/**
 * Spares a destination that is down, and whoever would wait for it: closed → open (so many failures in a row) →
 * half-open (one try is let through) → closed, or open again. Shared by all that goes to one destination.
 */
export class CircuitBreaker {
  readonly #limits: BreakerLimits;
  #failures = 0;
  #openUntilMs: number | null = null;
  #trying = false;

  constructor(limits: BreakerLimits = usualBreaker) {
    this.#limits = limits;
  }

  get state(): 'closed' | 'open' | 'half-open' {
    if (this.#openUntilMs === null) return 'closed';
    return this.#trying ? 'half-open' : 'open';
  }

  /** 0: go on, and tell what became of it. Else how long to wait before asking again, milliseconds. */
  ask(nowMs: number): number {
    if (this.#openUntilMs === null) return 0;
    if (nowMs < this.#openUntilMs) return this.#openUntilMs - nowMs;
    // One at a time: the others wait for what becomes of it.
    if (this.#trying) return this.#limits.openMs;
    this.#trying = true;
    return 0;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#openUntilMs = null;
    this.#trying = false;
  }

  /** Nothing became of the try: the next is as good as this one would have been. */
  withdrawn(): void {
    this.#trying = false;
  }

  failed(nowMs: number): void {
    this.#failures += 1;
    this.#trying = false;
    if (this.#failures >= this.#limits.failures) this.#openUntilMs = nowMs + this.#limits.openMs;
  }
}
