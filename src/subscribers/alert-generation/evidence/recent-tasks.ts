import type { JsonValue } from '../../../shared/json.ts';
import type { Worth } from './worth.ts';

export interface RecentTask {
  readonly atMs: number;
  readonly worth: Worth | null;
}

const most = 5000;

/** Tasks to which something has happened lately: each once. */
export class RecentTasks {
  readonly #tasks = new Map<string, RecentTask>();

  add(task: string, atMs: number, worth: Worth | null): void {
    this.#tasks.delete(task);
    this.#tasks.set(task, { atMs, worth });
    const [oldest] = this.#tasks.keys();
    if (this.#tasks.size > most && oldest !== undefined) this.#tasks.delete(oldest);
  }

  /** It has come to a good end. */
  remove(task: string): void {
    this.#tasks.delete(task);
  }

  get(task: string): RecentTask | undefined {
    return this.#tasks.get(task);
  }

  /** No earlier; those before `keptFromMs`, for which nobody else asks either, are forgotten. */
  since(fromMs: number, keptFromMs: number): ReadonlyMap<string, RecentTask> {
    for (const [task, { atMs }] of this.#tasks) {
      if (atMs >= keptFromMs) break;
      this.#tasks.delete(task);
    }
    return keptFromMs >= fromMs ? this.#tasks : new Map([...this.#tasks].filter(([, { atMs }]) => atMs >= fromMs));
  }

  get isEmpty(): boolean {
    return this.#tasks.size === 0;
  }

  encode(): JsonValue {
    return [...this.#tasks].map(([task, { atMs, worth }]) =>
      worth === null ? [task, atMs] : [task, atMs, worth.currency, worth.amount],
    );
  }

  restore(stored: JsonValue): void {
    for (const [task, atMs, currency, amount] of stored as [string, number, string?, number?][])
      this.#tasks.set(task, {
        atMs,
        worth: currency === undefined || amount === undefined ? null : { currency, amount },
      });
  }
}

/** So much money, by currency. */
export function sumOf(entries: Iterable<{ readonly worth: Worth | null }>): Map<string, number> {
  const money = new Map<string, number>();
  for (const { worth } of entries)
    if (worth !== null) money.set(worth.currency, (money.get(worth.currency) ?? 0) + worth.amount);
  return money;
}
