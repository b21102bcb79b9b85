import type { CommandInbox, StoredCommand } from './command-inbox.ts';

const page = 100;

/** Goes round through what is stored, a page at each look: what cannot be carried out now hides nothing behind it. */
export class CommandPages {
  readonly #inbox: CommandInbox;
  /** The last one of the page before; null: from the oldest on. */
  #after: string | null = null;
  #isRoundOver = false;

  constructor(inbox: CommandInbox) {
    this.#inbox = inbox;
  }

  /** What was looked at last was the end. */
  get isRoundOver(): boolean {
    return this.#isRoundOver;
  }

  /** `more`: there may be others, further on or, as they have come since, before these. */
  async next(ofTasks?: readonly string[]): Promise<{ commands: readonly StoredCommand[]; more: boolean }> {
    const after = this.#after;
    const commands = await this.#inbox.pending(page, ofTasks, after ?? undefined);
    this.#isRoundOver = commands.length < page;
    this.#after = this.#isRoundOver ? null : (commands.at(-1)?.id ?? null);
    return { commands, more: !this.#isRoundOver || after !== null };
  }
}
