import { Worker } from 'node:worker_threads';

import { errorMessage, TaskerError } from '../../shared/errors.ts';
import {
  type FromReader,
  putTogether,
  type ReaderThreadData,
  type ReadName,
  type Reads,
  type ToReader,
} from './reader-protocol.ts';
import type { Place } from './storage-errors.ts';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: TaskerError) => void;
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
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #lastId = 0;
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
    const worker = this.#worker;
    if (worker === null) return;
    worker.ref();
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage({ kind: 'close' } satisfies ToReader);
    await ended;
  }

  #call<T>(name: ReadName, args: readonly unknown[]): Promise<T> {
    if (this.#closed) return Promise.reject(this.#unavailable('has been closed. Open it again to use it'));
    const worker = (this.#worker ??= this.#start());
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: (value) => resolve(value as T), reject });
      worker.ref();
      worker.postMessage({ kind: 'call', id, name, args } satisfies ToReader);
    });
  }

  #start(): Worker {
    const worker = new Worker(threadUrl, {
      name: 'tasker-reader',
      workerData: { place: this.#place } satisfies ReaderThreadData,
    });
    worker.unref();
    let why = 'ended';
    worker.on('message', (reply: FromReader) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if (this.#waiting.size === 0 && !this.#closed) worker.unref();
      if (reply.ok) waiting?.resolve(reply.value);
      else waiting?.reject(putTogether(reply.error));
    });
    worker.on('error', (error) => {
      why = errorMessage(error);
    });
    worker.on('exit', () => {
      this.#worker = null;
      for (const waiting of this.#waiting.values()) {
        waiting.reject(this.#unavailable(`could not be read: its reader thread stopped (${why}). Ask again`));
      }
      this.#waiting.clear();
    });
    return worker;
  }

  #unavailable(what: string): TaskerError {
    return new TaskerError('TASKER_STORAGE_UNAVAILABLE', `The storage '${this.#place.location}' ${what}.`, {
      details: { location: this.#place.location },
    });
  }
}
