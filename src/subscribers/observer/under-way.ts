/** Which event each subscriber is handling: kept where it outlives the thread that handles it. */
export class UnderWay {
  readonly names: readonly string[];
  readonly memory: SharedArrayBuffer;
  readonly #positions: Float64Array;

  constructor(names: readonly string[], memory = new SharedArrayBuffer(names.length * Float64Array.BYTES_PER_ELEMENT)) {
    this.names = names;
    this.memory = memory;
    this.#positions = new Float64Array(memory);
  }

  /** For the thread. */
  teller(name: string): (position: number | null) => void {
    const index = this.names.indexOf(name);
    return (position) => {
      this.#positions[index] = position ?? 0;
    };
  }

  /** What is being handled right now, by subscriber. */
  all(): readonly (readonly [name: string, position: number])[] {
    return this.names.flatMap((name, index) => {
      const position = this.#positions[index] ?? 0;
      return position === 0 ? [] : [[name, position] as const];
    });
  }

  clear(): void {
    this.#positions.fill(0);
  }
}
