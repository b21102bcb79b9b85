import type { ProgressWriter, SubscriberStore } from './subscriber-store.ts';

/**
 * The replays of this process, and their places in the store, which retention waits for: taken by each itself, given
 * up here, also when the thread it ran in is gone. A replay ends with its process, so the next engine gives up what
 * that one could not.
 */
export class Replays {
  readonly #writer: ProgressWriter;
  readonly #underWay = new Map<string, number>();
  /** Whose place may still be taken though none is under way. */
  readonly #ended = new Set<string>();

  constructor(writer: ProgressWriter) {
    this.#writer = writer;
  }

  async run<T>(name: string, replay: () => Promise<T>): Promise<T> {
    this.#underWay.set(name, (this.#underWay.get(name) ?? 0) + 1);
    try {
      return await replay();
    } finally {
      // A second one is refused while the first goes on: the place is still the first's.
      const others = (this.#underWay.get(name) ?? 1) - 1;
      if (others > 0) this.#underWay.set(name, others);
      else {
        this.#underWay.delete(name);
        await this.#giveUp(name);
      }
    }
  }

  /** Called now and then: what the store did not take is tried again. */
  async look(): Promise<void> {
    for (const name of this.#ended) {
      if (!this.#underWay.has(name)) await this.#giveUp(name);
    }
  }

  /** Of a process that is gone. */
  async clear(store: Pick<SubscriberStore, 'list'>): Promise<void> {
    for (const { name, replay } of await store.list()) if (replay !== null) await this.#giveUp(name);
  }

  async #giveUp(name: string): Promise<void> {
    this.#ended.add(name);
    try {
      const result = await this.#writer.save({ kind: 'replaying', subscriber: name, replay: null });
      // Stale: it is gone, or this process is no longer the engine.
      if (result.kind !== 'failed' && !this.#underWay.has(name)) this.#ended.delete(name);
    } catch {
      // It is tried again; until then retention waits longer than it need.
    }
  }
}
