/** Sees from a counter that should rise whether it still does. Of each standstill it tells once. */
export class BlockDetector {
  readonly #limitMs: number;
  #beat = 0;
  #sinceMs = 0;
  #told = true;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** How long the counter has stood still, in milliseconds, if that is news; else null. */
  look(beat: number, nowMs: number): number | null {
    if (beat !== this.#beat) {
      this.#beat = beat;
      this.#sinceMs = nowMs;
      this.#told = false;
      return null;
    }
    const stillMs = nowMs - this.#sinceMs;
    if (this.#told || stillMs < this.#limitMs) return null;
    this.#told = true;
    return stillMs;
  }
}
