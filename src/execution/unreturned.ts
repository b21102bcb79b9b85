/**
 * Tasks that were taken and could then be neither read nor given back: the store has them down as this engine's, and
 * nobody else would look at them. Each is given back as soon as the store takes it.
 */
export class Unreturned {
  readonly #giveBack = new Map<string, () => Promise<void>>();

  add(taskId: string, giveBack: () => Promise<void>): void {
    this.#giveBack.set(taskId, giveBack);
  }

  async tryAgain(): Promise<void> {
    for (const [taskId, giveBack] of this.#giveBack) {
      try {
        await giveBack();
        this.#giveBack.delete(taskId);
      } catch {
        // The trouble was told when it began, and the others would meet it too.
        return;
      }
    }
  }
}
