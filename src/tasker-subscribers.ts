import { askForAnswer } from './execution/client.ts';
import type { Engine } from './execution/engine.ts';
import type { Storage } from './execution/storage.ts';
import type { Clock } from './shared/clock.ts';
import { TaskerError } from './shared/errors.ts';
import type { Random } from './shared/ids.ts';
import type { JsonObject, JsonValue } from './shared/json.ts';
import type { ParkedOutcome, ParkedPage, ParkedQuery } from './subscribers/parked-events.ts';
import { checkReplayOptions } from './check-replay-options.ts';
import type { ReplayOptions } from './subscribers/replay.ts';
import type { ParkedPlace, ReplayProgress } from './subscribers/subscriber-store.ts';
import type { Subscribers, Unregistered } from './subscribers/subscribers.ts';
import { requirePosition, within } from './tasker-refusals.ts';

export interface TaskerSubscribersParts {
  readonly engine: Engine;
  readonly subscribers: Subscribers;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: Random;
}

const mostParked = 1000;

type Asked = 'retry_parked' | 'drop_parked' | 'replay' | 'unregister';

/** What is asked about subscribers: of this process if it is the engine, else of the one that is, by a command row. */
export class TaskerSubscribers {
  readonly #parts: TaskerSubscribersParts;

  constructor(parts: TaskerSubscribersParts) {
    this.#parts = parts;
  }

  async state(name: string): Promise<JsonValue> {
    const stored = await this.#parts.storage.subscribers.load(name);
    return stored === null || stored.state === null ? null : (JSON.parse(stored.state) as JsonValue);
  }

  async parked(name?: string, { position, limit = mostParked, after }: ParkedQuery = {}): Promise<ParkedPage> {
    const { subscribers } = this.#parts.storage;
    requirePosition(position);
    const filter = { ...(name !== undefined && { subscriber: name }), ...(position !== undefined && { position }) };
    const begin = after === undefined ? {} : { after: placeOf(after) };
    const most = within(limit, mostParked);
    const [found, total] = await Promise.all([
      // One more tells whether there is a next page.
      subscribers.parked({ ...filter, ...begin, limit: most + 1 }),
      subscribers.parkedCount(filter),
    ]);
    const events = found.slice(0, most);
    const last = events.at(-1);
    const next = last === undefined || found.length === events.length ? null : `${last.position}:${last.subscriber}`;
    return { events, total, next };
  }

  async retryParked(name: string, position?: number): Promise<ParkedOutcome> {
    requirePosition(position);
    if (this.#runsHere(name)) return this.#parts.subscribers.retryParked(name, position);
    return this.#ask('retry_parked', { subscriber: name, ...(position !== undefined && { position }) });
  }

  async dropParked(name: string, position?: number): Promise<ParkedOutcome> {
    requirePosition(position);
    if (this.#runsHere(name)) return this.#parts.subscribers.dropParked(name, position);
    return this.#ask('drop_parked', { subscriber: name, ...(position !== undefined && { position }) });
  }

  unregister(name: string): Promise<Unregistered> {
    if (this.#runsHere(name)) return this.#parts.subscribers.unregister(name);
    return this.#ask('unregister', { subscriber: name });
  }

  async replay(name: string, options: ReplayOptions): Promise<ReplayProgress> {
    checkReplayOptions(name, options);
    if (this.#runsHere(name)) return this.#parts.subscribers.replay(name, options);
    const { from, deliver = false, reset = false, onProgress } = options;
    return this.#ask('replay', { subscriber: name, options: { from, deliver, reset } }, async () => {
      const standing = (await this.#parts.storage.subscribers.list()).find((one) => one.name === name);
      const replay = standing?.replay ?? null;
      if (replay !== null) onProgress?.(replay);
      return replay !== null;
    });
  }

  #runsHere(name: string): boolean {
    return this.#parts.engine.running && !this.#parts.subscribers.runsElsewhere(name);
  }

  async #ask<T>(kind: Asked, body: JsonObject, isUnderWay?: () => Promise<boolean>): Promise<T> {
    return (await askForAnswer(this.#parts, kind, body, isUnderWay)) as T;
  }
}

function placeOf(cursor: string): ParkedPlace {
  const [, position, subscriber] = /^(\d+):(.+)$/s.exec(cursor) ?? [];
  if (position !== undefined && subscriber !== undefined) return { position: Number(position), subscriber };
  throw new TaskerError(
    'TASKER_REQUEST_INVALID',
    `after: expected 'next' of the page before, as in '4201:sales'; got '${cursor.slice(0, 100)}'.`,
  );
}
