import type { Worker } from 'node:worker_threads';

import type { Clock, Timer } from '../../shared/clock.ts';
import { errorMessage, TaskerError, type TaskerErrorCode } from '../../shared/errors.ts';
import { ThreadCalls } from '../../shared/thread-calls.ts';
import type { ParkedOutcome } from '../parked-events.ts';
import type { FatalEvent } from '../peril.ts';
import type { ReplayOptions } from '../replay.ts';
import type { ResolvedSubscriber } from '../resolve-subscriber.ts';
import type { LiveStanding, SubscriberGroup } from '../subscriber-group.ts';
import type { Progress, ProgressWriter, ReplayProgress } from '../subscriber-store.ts';
import { sentResult, type Standings, type ThreadBeginning } from './observer-protocol.ts';
import { UnderWay } from './under-way.ts';

export interface ObserverThreadOptions {
  /** For messages: the module that the thread loads. */
  readonly module: string;
  /** The module's subscribers, as this thread has found them; their handlers are called in the other alone. */
  readonly subscribers: readonly ResolvedSubscriber[];
  readonly spawn: () => Worker;
  readonly writer: ProgressWriter;
  readonly removedUpTo: () => Promise<number>;
  /** To the process's standard output. */
  readonly writeOut: (text: string) => Promise<void>;
  readonly warn: (message: string) => void;
  readonly clock: Clock;
  readonly onProblem: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly calls: ThreadCalls;
  readonly ended: Promise<void>;
  readonly beganAtMs: number;
  /** Its subscribers follow the log: before that it knows no answer. */
  isReady: boolean;
}

const unknownStanding = {
  checkpoint: 0,
  position: 0,
  settledPosition: 0,
  replay: null,
  failures: 0,
  sink: null,
} as const;

const startWithinMs = 30_000;
/** Its own subscribers have two seconds to come to the end of the log, and sinks two more to close. */
const stopWithinMs = 5000;
/** Unanswered for as long as this, something in it blocks it. */
const blockedAfterMs = 3000;
const firstRestartMs = 1000;
const longestRestartMs = 60_000;
/** One that has gone on for so long is not taken for one that ends over and over. */
const steadyAfterMs = 60_000;

/**
 * Subscribers in a thread of their own: whatever they do to it, the engine's goes on. idle → starting → following ⇄
 * blocked; lost → starting again, after a wait that doubles; → stopped.
 */
export class ObserverThread implements SubscriberGroup {
  readonly subscribers: readonly ResolvedSubscriber[];
  readonly isHere = true;
  readonly #options: ObserverThreadOptions;
  #thread: Thread | null = null;
  #standings: Standings = {};
  readonly #onProgress = new Map<string, (progress: ReplayProgress) => void>();
  /** When it was asked how it stands and has not answered yet. */
  #askedAtMs: number | null = null;
  #trouble: string | null = null;
  #waking = false;
  /** Something was committed since the thread was woken. */
  #wakeWanted = false;
  #restart: Timer | null = null;
  #restartMs = firstRestartMs;
  #stopping = false;
  /** What whoever asks something of it is told, while it answers nothing. */
  #blocked: TaskerError | null = null;
  /** Give up what was asked of the thread and has no answer yet. */
  readonly #unanswered = new Set<(error: TaskerError) => void>();
  readonly #released = new Set<string>();
  readonly #underWay: UnderWay;
  readonly #fatal = new Map<string, FatalEvent>();

  constructor(options: ObserverThreadOptions) {
    this.#options = options;
    this.subscribers = options.subscribers;
    this.#underWay = new UnderWay(options.subscribers.map(({ name }) => name));
  }

  async start(): Promise<void> {
    const { clock, module } = this.#options;
    const thread = this.#spawn();
    const patience = clock.setTimer(startWithinMs, () => void thread.worker.terminate());
    try {
      this.#standings = await thread.calls.call<Standings>('start', this.#beginning());
      thread.isReady = true;
      this.#recovered();
    } catch (error) {
      this.#inTrouble(`the subscribers of '${module}' cannot start in their thread: ${errorMessage(error)}`);
      void thread.worker.terminate();
    } finally {
      patience.cancel();
    }
  }

  giveUpStart(): void {
    if (this.#thread === null || this.#thread.isReady) return;
    this.#stopping = true;
    void this.#thread.worker.terminate();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#restart?.cancel();
    // Before it is ready it has done nothing that it could save.
    this.giveUpStart();
    const thread = this.#thread;
    if (thread === null) return;
    const patience = this.#options.clock.setTimer(stopWithinMs, () => void thread.worker.terminate());
    try {
      this.#standings = await thread.calls.call<Standings>('stop');
    } catch {
      // It was lost, or blocked: what it had not saved comes again.
    }
    patience.cancel();
    await thread.worker.terminate();
    await thread.ended;
  }

  /** The thread reads for itself: sending what it could read would cost the engine's. */
  committed(): void {}

  /** One at a time: a thread that is blocked must not find a thousand of them when it is back. */
  wake(): void {
    const thread = this.#readyThread;
    if (thread === null) return;
    this.#wakeWanted = this.#waking;
    if (!this.#waking) void this.#wake(thread);
  }

  look(): void {
    const { clock, module } = this.#options;
    const thread = this.#readyThread;
    if (thread === null) return;
    if (this.#askedAtMs !== null) {
      if (clock.monotonicMs() - this.#askedAtMs < blockedAfterMs) return;
      const what = `the thread of '${module}' has not answered for ${blockedAfterMs} ms: a handler blocks it`;
      this.#inTrouble(what);
      this.#blocked = new TaskerError(
        'TASKER_SUBSCRIBER_BEHIND',
        `No answer: ${what}. Look again when it is over: what was asked may be done then.`,
      );
      for (const giveUp of this.#unanswered) giveUp(this.#blocked);
      this.#unanswered.clear();
      return;
    }
    this.#askedAtMs = clock.monotonicMs();
    void this.#askStandings(thread);
  }

  standing(name: string): LiveStanding | null {
    if (this.#released.has(name)) return null;
    const known = this.#standings[name] ?? null;
    if (this.#trouble === null) return known;
    return { ...(known ?? unknownStanding), trouble: this.#trouble };
  }

  retryParked(name: string, position?: number): Promise<ParkedOutcome> {
    return this.#ask('retryParked', name, position);
  }

  dropParked(name: string, position?: number): Promise<ParkedOutcome> {
    return this.#ask('dropParked', name, position);
  }

  async replay(name: string, { onProgress, ...options }: ReplayOptions): Promise<ReplayProgress> {
    const mine = onProgress !== undefined && !this.#onProgress.has(name);
    if (mine) this.#onProgress.set(name, onProgress);
    try {
      return await this.#ask('replay', name, options);
    } finally {
      if (mine) this.#onProgress.delete(name);
    }
  }

  abortReplays(): void {
    this.#readyThread?.calls.tell('abortReplays');
  }

  view(name: string): Promise<readonly string[]> {
    return this.#ask('view', name);
  }

  async release(name: string): Promise<void> {
    await this.#ask('release', name);
    this.#released.add(name);
  }

  get #readyThread(): Thread | null {
    return this.#thread?.isReady === true ? this.#thread : null;
  }

  #beginning(): ThreadBeginning {
    return {
      names: this.#underWay.names,
      underWay: this.#underWay.memory,
      released: [...this.#released],
      fatal: Object.fromEntries(this.#fatal),
    };
  }

  async #wake({ calls }: Thread): Promise<void> {
    this.#waking = true;
    try {
      await calls.call('wake');
    } catch {
      // It is gone, and is started again.
    }
    this.#waking = false;
    if (this.#wakeWanted) this.wake();
  }

  async #askStandings({ calls }: Thread): Promise<void> {
    try {
      this.#standings = await calls.call<Standings>('look');
      this.#askedAtMs = null;
      this.#recovered();
    } catch {
      // It is gone, and is started again.
    }
  }

  #ask<T>(method: string, ...args: readonly unknown[]): Promise<T> {
    const thread = this.#readyThread;
    if (thread === null)
      return Promise.reject(
        new TaskerError(
          'TASKER_ENGINE_NOT_RUNNING',
          `The thread of '${this.#options.module}' is not running${this.#trouble === null ? '' : `: ${this.#trouble}`}; try again.`,
        ),
      );
    if (this.#blocked !== null) return Promise.reject(this.#blocked);
    // It may take as long as its handlers do, but whoever asks does not wait for a thread that answers nothing at all.
    return new Promise((resolve, reject) => {
      const giveUp = (why: TaskerError): void => {
        reject(why);
        // What was said not to be released must not stay released: a new thread runs it again.
        if (method === 'release') void asked.then(() => thread.worker.terminate()).catch(() => undefined);
      };
      this.#unanswered.add(giveUp);
      const asked = thread.calls.call<T>(method, ...args).finally(() => this.#unanswered.delete(giveUp));
      asked.then(resolve, reject);
    });
  }

  /** Whoever asked for it has brought the callback: what it throws is its own business, and no reason to end anything. */
  #tellProgress(name: string, progress: ReplayProgress): void {
    try {
      this.#onProgress.get(name)?.(progress);
    } catch (error) {
      this.#options.onProblem(error);
    }
  }

  #spawn(): Thread {
    const { writer, removedUpTo, writeOut, warn, module, onProblem } = this.#options;
    const worker = this.#options.spawn();
    // The engine keeps the process running, not those who watch it.
    worker.unref();
    const calls = new ThreadCalls(worker, {
      save: async (progress: Progress) => sentResult(await writer.save(progress)),
      removedUpTo,
      writeOut: (text: string) => codeOfFailure(writeOut(text)),
      warn,
      standings: (standings: Standings) => {
        this.#standings = standings;
      },
      progress: (name: string, progress: ReplayProgress) => this.#tellProgress(name, progress),
      problem: (message: string, code: TaskerErrorCode | null) => {
        const told = `in the thread of '${module}': ${message}`;
        onProblem(code === null ? new Error(told) : new TaskerError(code, told));
      },
    });
    let why = 'it ended';
    worker.on('message', (message) => calls.received(message));
    worker.on('error', (error) => {
      why = errorMessage(error);
    });
    const ended = new Promise<void>((resolve) => {
      worker.once('exit', () => {
        this.#lost(thread, why);
        resolve();
      });
    });
    const thread = { worker, calls, ended, beganAtMs: this.#options.clock.monotonicMs(), isReady: false };
    this.#thread = thread;
    return thread;
  }

  #lost({ calls, beganAtMs }: Thread, why: string): void {
    const { clock, module } = this.#options;
    this.#thread = null;
    this.#askedAtMs = null;
    this.#blocked = null;
    calls.lost(new TaskerError('TASKER_ENGINE_NOT_RUNNING', `The thread of '${module}' is gone: ${why}.`));
    if (this.#stopping) return;
    this.#notePeril();
    if (clock.monotonicMs() - beganAtMs >= steadyAfterMs) this.#restartMs = firstRestartMs;
    if (this.#trouble === null) this.#inTrouble(`the thread of '${module}' is gone: ${why}`);
    this.#restart = clock.setTimer(this.#restartMs, () => void this.start());
    this.#restartMs = Math.min(longestRestartMs, this.#restartMs * 2);
  }

  /** What was being handled may be what ended it; several at once are all counted. */
  #notePeril(): void {
    for (const [name, position] of this.#underWay.all()) {
      const before = this.#fatal.get(name);
      this.#fatal.set(name, { position, times: before?.position === position ? before.times + 1 : 1 });
    }
    this.#underWay.clear();
  }

  /** Told once until it is over. */
  #inTrouble(what: string): void {
    if (this.#stopping) return;
    if (this.#trouble === null) this.#options.onProblem(new Error(`${what}. Workflows go on; it is tried again.`));
    this.#trouble = what;
  }

  #recovered(): void {
    this.#trouble = null;
    this.#blocked = null;
  }
}

/** Null if it did not fail. What it was is for the other thread to judge, and an error does not arrive whole. */
async function codeOfFailure(done: Promise<void>): Promise<string | null> {
  try {
    await done;
    return null;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  }
}
