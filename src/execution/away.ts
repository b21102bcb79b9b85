/** Where nobody else can have the task: how long one that cannot be run or read here stays away. */
export const awayMs = 30_000;

/** Others may be able to run it: the first time it is theirs at once, and each further time it comes back later. */
const sharedAwayMs = [0, 0, 0, 1000, 2000, 4000, 8000, 16_000] as const;
const mostRemembered = 10_000;

/**
 * How long tasks stay away that this process has no handlers for. During a rolling deploy workers of both kinds take
 * from one queue: a task must come quickly to one who can run it, and where there is none it must not go round and
 * round.
 */
export class Away {
  readonly #isShared: boolean;
  /** By task, the one met last at the end. */
  readonly #timesMet = new Map<string, number>();

  constructor(isShared: boolean) {
    this.#isShared = isShared;
  }

  /** It was taken up, and cannot be run here. */
  met(taskId: string): void {
    if (!this.#isShared) return;
    const times = (this.#timesMet.get(taskId) ?? 0) + 1;
    this.#timesMet.delete(taskId);
    this.#timesMet.set(taskId, times);
    const [oldest] = this.#timesMet.keys();
    if (this.#timesMet.size > mostRemembered && oldest !== undefined) this.#timesMet.delete(oldest);
  }

  ms(taskId: string): number {
    return this.#isShared ? (sharedAwayMs[(this.#timesMet.get(taskId) ?? 1) - 1] ?? awayMs) : awayMs;
  }
}
