import type { LoggedEvent, Tasker } from './tasker.ts';

const pageSize = 10_000;

/** Reads the log as it grows: each event once, in order. */
export class LogTail {
  readonly #tasker: Pick<Tasker, 'events'>;
  #after: number;

  constructor(tasker: Pick<Tasker, 'events'>, after: number) {
    this.#tasker = tasker;
    this.#after = after;
  }

  /** All that has come since the last reading. */
  async read(tell: (event: LoggedEvent) => void): Promise<void> {
    for (;;) {
      const page = await this.#tasker.events({ after: this.#after, limit: pageSize });
      for (const event of page.events) tell(event);
      this.#after = page.lastPosition;
      if (page.events.length < pageSize) return;
    }
  }
}
