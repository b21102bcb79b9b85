import type pg from 'pg';

import type { Clock, Timer } from '../../shared/clock.ts';
import type { Connections } from './connection.ts';

export type News = 'work' | 'command';

const firstRetryMs = 100;
const longestRetryMs = 10_000;

/** The channel on which transactions tell that they made a task due (no payload) or left a command (`command`). */
export function channelOf(schema: string): string {
  return `${schema}_work`;
}

/**
 * Listens on a direct connection, from the first who wants to know until `close`; connects again when it is lost. What
 * it tells is a hint: everybody looks by himself too, only later.
 */
export class Notifications {
  readonly #connections: Connections;
  readonly #clock: Clock;
  readonly #listeners = new Set<(news: News | null) => void>();
  #client: pg.Client | null = null;
  #retry: Timer | null = null;
  #retryMs = firstRetryMs;
  #started: boolean;
  #closed = false;

  /** `listen` false: nobody is ever told. */
  constructor(connections: Connections, clock: Clock, listen: boolean) {
    this.#connections = connections;
    this.#clock = clock;
    this.#started = !listen;
  }

  /** `heard` is called with what is new, and with null when something may have been missed. Returns how to stop. */
  watch(heard: (news: News | null) => void): () => void {
    this.#listeners.add(heard);
    if (!this.#started) {
      this.#started = true;
      void this.#connect();
    }
    return () => void this.#listeners.delete(heard);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    this.#listeners.clear();
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    if (this.#closed) return;
    const client = this.#connections.listener();
    this.#client = client;
    const lost = (): void => {
      if (this.#client !== client) return;
      this.#client = null;
      void client.end().catch(() => undefined);
      this.#connectLater();
    };
    client.on('error', lost);
    client.on('end', lost);
    client.on('notification', ({ payload }) => {
      this.#tell(payload === 'command' ? 'command' : 'work');
    });
    try {
      await client.connect();
      await client.query(`listen "${channelOf(this.#connections.place.schema)}"`);
      this.#retryMs = firstRetryMs;
      this.#tell(null);
    } catch {
      // Whoever waits looks by himself; what is wrong with the database he learns there.
      lost();
    }
  }

  #connectLater(): void {
    if (this.#closed) return;
    this.#retry = this.#clock.setTimer(this.#retryMs, () => void this.#connect());
    this.#retryMs = Math.min(this.#retryMs * 2, longestRetryMs);
  }

  #tell(news: News | null): void {
    for (const heard of this.#listeners) heard(news);
  }
}
