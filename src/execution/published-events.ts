import { TaskerError } from '../shared/errors.ts';
import type { CheckedEvent } from '../tasks/custom-event-schema.ts';

/** An event that a handler has published. */
export interface PublishedOwn extends CheckedEvent {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

const maxEvents = 100;
const maxBytes = 65_536;

/** What one attempt has published: kept until its outcome is recorded with it. Bounded in number and size. */
export class PublishedEvents {
  readonly #events: PublishedOwn[] = [];
  #bytes = 0;

  get all(): readonly PublishedOwn[] {
    return this.#events;
  }

  /** @throws TaskerError `TASKER_EVENT_REFUSED` when there is no room for it. */
  add(event: PublishedOwn): void {
    const bytes = Buffer.byteLength(JSON.stringify(event.payload));
    if (this.#events.length >= maxEvents || this.#bytes + bytes > maxBytes) {
      throw new TaskerError(
        'TASKER_EVENT_REFUSED',
        `Event '${event.name}' was not published: one attempt may publish at most ${maxEvents} events and ${maxBytes} bytes of payload.`,
        { details: { event: event.name } },
      );
    }
    this.#bytes += bytes;
    this.#events.push(event);
  }
}
