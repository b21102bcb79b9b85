export interface TerminalOptions {
  /** Whether the last line can be drawn anew. */
  readonly redraws: boolean;
  /** One that wraps could not be drawn anew. */
  readonly columns: () => number;
  readonly write: (text: string) => void;
  readonly nowMs: () => number;
}

const lineEveryMs = 5000;

/** Lines that stay, and below them one that tells how it stands: redrawn, or where that cannot be, said now and then. */
export class Terminal {
  readonly #options: TerminalOptions;
  #status = '';
  #lastLineMs: number;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#lastLineMs = options.nowMs();
  }

  print(text: string): void {
    this.#erase();
    this.#options.write(`${text}\n`);
    if (this.#options.redraws) this.#options.write(this.#status);
    this.#lastLineMs = this.#options.nowMs();
  }

  status(text: string): void {
    if (this.#options.redraws) {
      this.#erase();
      this.#status = text.slice(0, Math.max(0, this.#options.columns() - 1));
      this.#options.write(this.#status);
    } else if (this.#options.nowMs() - this.#lastLineMs >= lineEveryMs) {
      this.print(text);
    }
  }

  /** The line below is no longer true. */
  endStatus(): void {
    this.#erase();
    this.#status = '';
  }

  #erase(): void {
    if (this.#options.redraws && this.#status !== '') this.#options.write('\r\u001B[K');
  }
}
