import type { LoggedEvent } from '../events/envelope.ts';
import { fromCommitted } from '../log/append.ts';
import type { CommittedEvents, EventLog, EventPage, NewEvent } from '../log/event-log.ts';
import { deepFreeze } from '../shared/json.ts';

const pageSize = 1000;
/** Beyond it, what all have read is forgotten. */
const usuallyKept = 4000;

export interface SharedReaderLimits {
  /** Events kept at the log's end for whoever has not read them yet. Default 4000. */
  readonly events?: number;
  /** Characters of their bodies, all together. Default 8 Mi. */
  readonly characters?: number;
}

/** What a reader handles: by name. */
export type Wanted = Pick<ReadonlyMap<string, unknown>, 'has' | 'keys'>;

interface Kept {
  readonly position: number;
  /** Of its body as stored; of one that was read, its page's mean. */
  readonly characters: number;
  /** As it was committed; null once it is parsed. */
  stored: NewEvent | null;
  parsed: LoggedEvent | null;
}

/**
 * One read and one parse of the log for all subscribers that have caught up: it keeps the events at the log's end.
 * Those that the engine has just committed it is given, so that nothing has to be read back; whatever else was
 * appended it reads. Whoever is further behind reads for itself and delays nobody.
 *
 * Of the positions after `#start` up to `#end` all that any subscriber wants is known here.
 */
export class SharedReader {
  readonly #log: EventLog;
  readonly #names: ReadonlySet<string>;
  readonly #maxEvents: number;
  readonly #maxCharacters: number;
  #start: number | null = null;
  #end = 0;
  #kept: Kept[] = [];
  #characters = 0;
  #extending: Promise<void> | null = null;
  /** How far each reader is. */
  readonly #at = new Map<Wanted, number>();

  /** `names`: what any of them wants. */
  constructor(log: EventLog, names: readonly string[], limits: SharedReaderLimits = {}) {
    this.#log = log;
    this.#names = new Set(names);
    this.#maxEvents = limits.events ?? usuallyKept;
    this.#maxCharacters = limits.characters ?? 8 * 1024 * 1024;
  }

  /** To be given what was committed, in the order of its positions. */
  committed({ firstPosition, events }: CommittedEvents): void {
    const kept: Kept[] = [];
    for (const [index, stored] of events.entries())
      if (this.#names.has(stored.name))
        kept.push({ position: firstPosition + index, characters: stored.body.length, stored, parsed: null });
    this.#take(kept, firstPosition - 1, firstPosition + events.length - 1);
  }

  /** Of the events that are wanted; maybe others too. No events and an unmoved position: it has caught up. */
  async read(after: number, wanted: Wanted, limit: number): Promise<EventPage> {
    if (this.#start === null) {
      this.#start = after;
      this.#end = after;
    }
    this.#at.set(wanted, after);
    this.#forgetRead();
    if (after >= this.#end) await this.#extend();
    if (after >= this.#start && after <= this.#end) return this.#slice(after, wanted, limit);
    const page = await this.#log.read({ after, limit, filter: { names: [...wanted.keys()] } });
    for (const event of page.events) deepFreeze(event);
    return page;
  }

  #slice(after: number, wanted: Wanted, limit: number): EventPage {
    const events: LoggedEvent[] = [];
    for (let index = firstAfter(this.#kept, after); index < this.#kept.length; index += 1) {
      const kept = this.#kept[index];
      if (kept === undefined || !wanted.has((kept.parsed ?? kept.stored)?.name ?? '')) continue;
      events.push(this.#parsed(kept));
      if (events.length === limit) return { events, lastPosition: kept.position };
    }
    return { events, lastPosition: this.#end };
  }

  /** One parse is seen by many: none of them may change it. */
  #parsed(kept: Kept): LoggedEvent {
    if (kept.parsed !== null) return kept.parsed;
    if (kept.stored === null) throw new Error('an event was kept neither stored nor parsed');
    kept.parsed = fromCommitted(kept.stored, kept.position);
    kept.stored = null;
    return kept.parsed;
  }

  #extend(): Promise<void> {
    this.#extending ??= this.#readOn().finally(() => {
      this.#extending = null;
    });
    return this.#extending;
  }

  /** What others than the engine's recorder have appended, or the first time everything. */
  async #readOn(): Promise<void> {
    const from = this.#end;
    if ((await this.#log.lastPosition()) <= from) return;
    const page = await this.#log.read({ after: from, limit: pageSize, filter: { names: [...this.#names] } });
    const kept = page.events.map((event): Kept => ({
      position: event.position,
      characters: page.characters / page.events.length,
      stored: null,
      parsed: freeze(event),
    }));
    this.#take(kept, from, page.lastPosition);
  }

  /** All that there is to know of the positions after `from` up to `to`. */
  #take(events: readonly Kept[], from: number, to: number): void {
    if (this.#start === null || to <= this.#end) return;
    if (from > this.#end) {
      // Something between is not known here: whoever needs it reads it.
      this.#kept = [];
      this.#characters = 0;
      this.#start = from;
    }
    for (const kept of events) {
      if (kept.position <= this.#end) continue;
      this.#kept.push(kept);
      this.#characters += kept.characters;
    }
    this.#end = to;
    if (this.#kept.length > Math.min(usuallyKept, this.#maxEvents) || this.#characters > this.#maxCharacters)
      this.#forget();
  }

  /** Soon, where that moves no more than it drops: what lives for some milliseconds only costs the collector of garbage nothing. */
  #forgetRead(): void {
    const read = this.#readByAll();
    if (read > 0 && 2 * read >= this.#kept.length) this.#drop(read);
  }

  /** What all have read goes first; where one is further behind than is kept, a half, and that one reads for itself. */
  #forget(): void {
    const read = this.#readByAll();
    const isFull = this.#kept.length > this.#maxEvents || this.#characters > this.#maxCharacters;
    // Never a few at a time: each forgetting moves all that stay.
    const atLeast = Math.ceil(this.#kept.length / 2);
    if (read < atLeast && !isFull) return;
    this.#drop(Math.max(1, read, isFull ? atLeast : 0));
  }

  #readByAll(): number {
    return firstAfter(this.#kept, Math.min(...this.#at.values()));
  }

  #drop(count: number): void {
    const dropped = this.#kept.splice(0, count);
    this.#start = dropped.at(-1)?.position ?? this.#start;
    for (const { characters } of dropped) this.#characters -= characters;
  }
}

function freeze(event: LoggedEvent): LoggedEvent {
  return deepFreeze(event) as LoggedEvent;
}

function firstAfter(events: readonly Kept[], position: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((events[middle]?.position ?? 0) > position) high = middle;
    else low = middle + 1;
  }
  return low;
}
