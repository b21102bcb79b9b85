import { Worker } from 'node:worker_threads';

import { errorMessage, TaskerError } from '../../shared/errors.ts';
import { ThreadCalls } from '../../shared/thread-calls.ts';
import type { ReaderThreadData, ReadName, Reads } from './reader-protocol.ts';
import type { Place } from './storage-errors.ts';

interface Thread {
  readonly worker: Worker;
  readonly calls: ThreadCalls;
}

// The same code runs from source (.ts) and from the package (.js).
const threadUrl = new URL(
  import.meta.url.endsWith('.ts') ? './reader-thread.ts' : './reader-thread.js',
  import.meta.url,
);

/**
 * Reads in a worker thread, which starts with the first read and again if it died. idle ⇄ answering → closed.
 * The thread keeps the process alive only while somebody waits for an answer.
 */
export class ThreadedReader implements Reads {
  readonly #place: Place;
  #thread: Thread | null = null;
  #closed = false;

  constructor(place: Place) {
    this.#place = place;
  }

  list(...args: Parameters<Reads['list']>): ReturnType<Reads['list']> {
    return this.#call('list', args);
  }

  get(...args: Parameters<Reads['get']>): ReturnType<Reads['get']> {
    return this.#call('get', args);
  }

  errors(...args: Parameters<Reads['errors']>): ReturnType<Reads['errors']> {
    return this.#call('errors', args);
  }

  countByStatus(): ReturnType<Reads['countByStatus']> {
    return this.#call('countByStatus', []);
  }

  backup(...args: Parameters<Reads['backup']>): ReturnType<Reads['backup']> {
    return this.#call('backup', args);
  }

  read(...args: Parameters<Reads['read']>): ReturnType<Reads['read']> {
    return this.#call('read', args);
  }

  /** Answers what was asked before, then ends. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#thread === null) return;
    const { worker, calls } = this.#thread;
    worker.ref();
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    calls.tell('close');
    await ended;
  }

  #call<T>(name: ReadName, args: readonly unknown[]): Promise<T> {
    if (this.#closed) return Promise.reject(this.#unavailable('has been closed. Open it again to use it'));
    const { worker, calls } = (this.#thread ??= this.#start());
    worker.ref();
    return calls.call<T>(name, ...args);
  }

  #start(): Thread {
    const worker = new Worker(threadUrl, {
      name: 'tasker-reader',
      workerData: { place: this.#place } satisfies ReaderThreadData,
    });
    worker.unref();
    const calls = new ThreadCalls(worker);
    let why = 'ended';
    worker.on('message', (message) => {
      calls.received(message);
      if (calls.waiting === 0 && !this.#closed) worker.unref();
    });
    worker.on('error', (error) => {
      why = errorMessage(error);
    });
    worker.on('exit', () => {
      this.#thread = null;
      calls.lost(this.#unavailable(`could not be read: its reader thread stopped (${why}). Ask again`));
    });
    return { worker, calls };
  }

  #unavailable(what: string): TaskerError {
    return new TaskerError('TASKER_STORAGE_UNAVAILABLE', `The storage '${this.#place.location}' ${what}.`, {
      details: { location: this.#place.location },
    });
  }
}
