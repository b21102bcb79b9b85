import { Worker } from 'node:worker_threads';

import { ThreadCalls } from '../shared/thread-calls.ts';
import type { RunResult } from './measure/run-result.ts';
import type { Scenario } from './scenario/scenario.ts';

// The same code runs from source (.ts) and from the package (.js).
const threadUrl = new URL(import.meta.url.endsWith('.ts') ? './lab-thread.ts' : './lab-thread.js', import.meta.url);

interface Thread {
  readonly worker: Worker;
  readonly calls: ThreadCalls;
  busy: boolean;
}

/** Runs in threads of their own, as many at a time as there are threads; each begins where the one before has ended. */
export class LabThreads {
  readonly #threads: readonly Thread[];
  readonly #waiting: (() => void)[] = [];
  #failure: Error | null = null;

  constructor(count: number) {
    this.#threads = Array.from({ length: count }, () => this.#start());
  }

  async run(scenario: Scenario, seed: number): Promise<RunResult> {
    const thread = await this.#free();
    try {
      return await thread.calls.call<RunResult>('run', scenario, seed);
    } finally {
      thread.busy = false;
      this.#waiting.shift()?.();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  async #free(): Promise<Thread> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure;
      const free = this.#threads.find(({ busy }) => !busy);
      if (free !== undefined) {
        free.busy = true;
        return free;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #start(): Thread {
    const worker = new Worker(threadUrl, { name: 'tasker lab' });
    const calls = new ThreadCalls(worker);
    worker.on('message', (message) => calls.received(message));
    worker.on('error', (error) => {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      calls.lost(this.#failure);
      for (const go of this.#waiting.splice(0)) go();
    });
    return { worker, calls, busy: false };
  }
}
