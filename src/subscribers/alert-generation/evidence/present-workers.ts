import type { JsonValue } from '../../../shared/json.ts';

/** Those whose end was never recorded, or is no longer in the log, are not kept for ever. */
const most = 1000;

/** Which workers there are, by what is recorded of them: for knowing when there was none. */
export class PresentWorkers {
  readonly #ids = new Set<string>();

  /** True when none was there before, as far as is known. */
  started(id: string): boolean {
    const isFirst = this.#ids.size === 0;
    this.#ids.delete(id);
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > most && oldest !== undefined) this.#ids.delete(oldest);
    return isFirst;
  }

  gone(id: string): void {
    this.#ids.delete(id);
  }

  encode(): JsonValue {
    return [...this.#ids];
  }

  restore(stored: JsonValue): void {
    for (const id of stored as string[]) this.#ids.add(id);
  }
}
