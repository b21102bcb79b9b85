import type { AlertNotice } from '../tasker.ts';
import type { EngineOptions } from './engine-words.ts';
import type { ReleaseName } from './releases.ts';
import { type EngineProcess, spawnEngine } from './spawn-engine.ts';

/** The shop's one engine, whichever process it is at the moment. */
export class ShopEngine {
  readonly #options: Omit<EngineOptions, 'release'>;
  readonly #onNotice: (notice: AlertNotice, receivedAtMs: number) => void;
  readonly #onLost: () => void;
  #process: EngineProcess | null = null;

  /** `onLost`: it has ended, and nobody has asked it to. */
  constructor(
    options: Omit<EngineOptions, 'release'>,
    onNotice: (notice: AlertNotice, receivedAtMs: number) => void,
    onLost: () => void,
  ) {
    this.#options = options;
    this.#onNotice = onNotice;
    this.#onLost = onLost;
  }

  get operationsUrl(): string {
    return this.#process?.operationsUrl ?? '';
  }

  async start(release: ReleaseName): Promise<number> {
    const started = await spawnEngine({ ...this.#options, release }, this.#onNotice);
    this.#process = started;
    void this.#watch(started);
    return started.pid;
  }

  /** With `kill -9`. */
  async kill(): Promise<number> {
    const killed = this.#take();
    await killed?.kill();
    return killed?.pid ?? 0;
  }

  async deploy(release: ReleaseName): Promise<void> {
    await this.stop();
    await this.start(release);
  }

  async stop(): Promise<void> {
    await this.#take()?.stop();
  }

  async #watch(started: EngineProcess): Promise<void> {
    await started.ended;
    if (this.#process === started) this.#onLost();
  }

  #take(): EngineProcess | null {
    const taken = this.#process;
    this.#process = null;
    return taken;
  }
}
