import type { LoggedEvent } from '../events/envelope.ts';
import type { EventLog, EventPage } from '../log/event-log.ts';
import { deepFreeze } from '../shared/json.ts';

const pageSize = 1000;
const keptEvents = 4000;

/**
 * One read and one parse of the log for all subscribers that have caught up: it keeps the events at the log's end that
 * any of them wants. Whoever is further behind reads for itself and delays nobody.
 */
export class SharedReader {
  readonly #log: EventLog;
  readonly #names: readonly string[];
  /** Positions after `#start` up to `#end` are known here. */
  #start: number | null = null;
  #end = 0;
  #events: LoggedEvent[] = [];
  #extending: Promise<void> | null = null;
  #reads = 0;

  constructor(log: EventLog, names: readonly string[]) {
    this.#log = log;
    this.#names = names;
  }

  /** How often the log was read. */
  get reads(): number {
    return this.#reads;
  }

  /** `names`: what the caller wants; it may be given others too. No events and an unmoved position: it has caught up. */
  async read(after: number, names: readonly string[], limit: number): Promise<EventPage> {
    if (this.#start === null) {
      this.#start = after;
      this.#end = after;
    }
    if (after >= this.#end) await this.#extend();
    if (after >= this.#start && after <= this.#end) return this.#slice(after, limit);
    this.#reads += 1;
    const page = await this.#log.read({ after, limit, filter: { names } });
    for (const event of page.events) deepFreeze(event);
    return page;
  }

  #slice(after: number, limit: number): EventPage {
    const first = firstAfter(this.#events, after);
    const events = this.#events.slice(first, first + limit);
    const last = events.length === limit ? events.at(-1)?.position : undefined;
    return { events, lastPosition: last ?? this.#end };
  }

  #extend(): Promise<void> {
    this.#extending ??= this.#readOn().finally(() => {
      this.#extending = null;
    });
    return this.#extending;
  }

  async #readOn(): Promise<void> {
    this.#reads += 1;
    const page = await this.#log.read({ after: this.#end, limit: pageSize, filter: { names: this.#names } });
    // One parse is seen by many: none of them may change it.
    for (const event of page.events) this.#events.push(deepFreeze(event) as LoggedEvent);
    this.#end = page.lastPosition;
    if (this.#events.length <= keptEvents) return;
    const dropped = this.#events.splice(0, this.#events.length - keptEvents);
    this.#start = dropped.at(-1)?.position ?? this.#start;
  }
}

function firstAfter(events: readonly LoggedEvent[], position: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((events[middle]?.position ?? 0) > position) high = middle;
    else low = middle + 1;
  }
  return low;
}
