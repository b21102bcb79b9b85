import type { PayloadOf } from '../../../events/catalog.ts';
import type { LoggedEvent } from '../../../events/envelope.ts';

const everyMs = 1000;
/** So long without a word there was nobody, whatever the log says: a process that sleeps leaves no trace. */
const longestQuietMs = 86_400_000;

/**
 * The moments at which alert generation looked, as far as the log tells: each second while an engine ran. Nobody looked
 * between the last sign of one that stopped or was lost and the start of the next. A log whose beginning is gone is
 * taken to begin while one ran.
 */
export class WatchedTime {
  readonly #workers = new Set<string>();
  #isWatched = true;
  #nextMs: number | null = null;
  #lastMs = 0;

  /** Those before this event, and up to `untilMs`; it is to be taken after them. */
  *before(event: LoggedEvent, untilMs: number): Generator<number> {
    const { occurredAt } = event;
    if (this.#nextMs === null || this.#isReturn(event)) this.#nextMs = Math.max(occurredAt, this.#lastMs);
    else yield* this.#until(Math.min(occurredAt - 1, untilMs));
    this.#follow(event);
    this.#lastMs = Math.max(this.#lastMs, occurredAt);
  }

  /** Those that are left when nothing more is recorded; `isRunning`: an engine is there. */
  *rest(untilMs: number, isRunning: boolean): Generator<number> {
    // Where none is, the last sign of life is the last that is known.
    yield* this.#until(isRunning ? untilMs : Math.min(untilMs, this.#lastMs));
  }

  *#until(untilMs: number): Generator<number> {
    if (this.#nextMs === null || !this.#isWatched) return;
    const quietMs = this.#lastMs + longestQuietMs;
    for (; this.#nextMs <= Math.min(untilMs, quietMs); this.#nextMs += everyMs) yield this.#nextMs;
    if (this.#nextMs <= untilMs) this.#nextMs = untilMs + 1;
  }

  /** The first word of an engine after a time without one: between the word before it and this one nobody looked. */
  #isReturn({ name, payload }: LoggedEvent): boolean {
    if (name === 'worker.started') return this.#workers.size === 0;
    if (name !== 'worker.lost') return false;
    const { worker } = payload as PayloadOf<'worker.lost'>;
    return [...this.#workers].every((one) => one === worker);
  }

  #follow({ name, payload }: LoggedEvent): void {
    if (name === 'worker.started') {
      this.#workers.add((payload as PayloadOf<'worker.started'>).worker);
      this.#isWatched = true;
    } else if (name === 'worker.stopped' || name === 'worker.lost') {
      this.#workers.delete((payload as PayloadOf<'worker.stopped' | 'worker.lost'>).worker);
      this.#isWatched = this.#workers.size > 0;
    }
  }
}
