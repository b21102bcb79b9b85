import { Worker } from 'node:worker_threads';

import type { Clock, Timer } from '../../shared/clock.ts';
import { WatchMemory, type SeenHandler } from './watch-memory.ts';
import type { WatchdogThreadData } from './watchdog-thread.ts';

export interface Block {
  /** From the loop's last sign of life, which came at most a quarter of the limit before the block. */
  readonly blockedMs: number;
  readonly limitMs: number;
  readonly handler: SeenHandler | null;
}

export interface LoopWatchOptions {
  readonly clock: Clock;
  /** Milliseconds. */
  readonly limitMs: number;
  /** Called on the engine's thread, as soon as the loop is back. */
  readonly onBlocked: (block: Block) => void;
  readonly onProblem: (error: unknown) => void;
  /** Default: a worker thread that writes to standard error. */
  readonly startThread?: (data: WatchdogThreadData, onProblem: (error: unknown) => void) => void;
}

/** So a block is told of at most a quarter of the limit late. */
const looksPerLimit = 4;
const stderr = 2;

/**
 * The engine's side of the watchdog: beats while the loop goes round, and once it is back asks whether the thread had
 * seen it stand still. new → watching → ended.
 */
export class LoopWatch {
  readonly memory = new WatchMemory();
  readonly #options: LoopWatchOptions;
  readonly #everyMs: number;
  #timer: Timer | null = null;
  #beatMs = 0;
  #stoodStillMs = 0;

  constructor(options: LoopWatchOptions) {
    this.#options = options;
    this.#everyMs = options.limitMs / looksPerLimit;
  }

  /**
   * For how long the loop has stood still altogether, milliseconds. As of now: whoever asks may be called by the loop
   * that is just back, before the beat is. A block counts from the last sign of life.
   */
  get stoodStillMs(): number {
    if (this.#timer === null) return this.#stoodStillMs;
    return this.#stoodStillMs + this.#standstillMs(this.#options.clock.monotonicMs());
  }

  start(): void {
    if (this.#timer !== null) return;
    const { limitMs, startThread = startWorker, onProblem, clock } = this.#options;
    this.#beatMs = clock.monotonicMs();
    this.memory.nextBeat();
    try {
      startThread({ buffer: this.memory.buffer, limitMs, lookEveryMs: this.#everyMs, tellTo: stderr }, onProblem);
    } catch (error) {
      // An engine without its watchdog is better than none.
      return onProblem(error);
    }
    this.#arm();
  }

  stop(): void {
    if (this.#timer === null) return;
    this.#timer.cancel();
    this.#timer = null;
    this.#look();
    this.memory.end();
  }

  #arm(): void {
    this.#timer = this.#options.clock.setTimer(this.#everyMs, () => {
      this.#look();
      this.#arm();
    });
  }

  #look(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const blocked = this.memory.blocked();
    const blockedMs = Math.round(nowMs - this.#beatMs);
    this.#stoodStillMs += this.#standstillMs(nowMs);
    this.#beatMs = nowMs;
    // Before anybody is told: what they do with it is the loop going round again.
    this.memory.nextBeat();
    if (blocked !== null) this.#options.onBlocked({ blockedMs, limitMs: this.#options.limitMs, ...blocked });
  }

  /** What the thread has not seen counts too, if it is long: a process that was stopped takes its thread along. */
  #standstillMs(nowMs: number): number {
    const stillMs = nowMs - this.#beatMs;
    const isLong = stillMs >= this.#options.limitMs + this.#everyMs;
    return isLong || this.memory.isBlocked ? stillMs : 0;
  }
}

// The same code runs from source (.ts) and from the package (.js).
const threadUrl = new URL(
  import.meta.url.endsWith('.ts') ? './watchdog-thread.ts' : './watchdog-thread.js',
  import.meta.url,
);

/** It sees the end in the memory within an instant; to wait for that would only make stopping slower. */
function startWorker(data: WatchdogThreadData, onProblem: (error: unknown) => void): void {
  const worker = new Worker(threadUrl, { name: 'tasker-watchdog', workerData: data });
  worker.unref();
  worker.on('error', onProblem);
}
