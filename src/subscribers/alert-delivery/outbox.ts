import type { AlertIncident, AlertNotice } from '../../signals/alert.ts';
import type { Delivery } from '../../signals/delivery.ts';
import { isDone, newItem, nextOf, type NoticeKind, type OutboxItem } from './outbox-item.ts';

export interface OutboxOptions {
  /** Whether a route leads to this receiver. */
  readonly mine: (incident: AlertIncident) => boolean;
  /** How often an open incident is said again; null: once is enough. */
  readonly repeatMs: number | null;
  /** Most incidents that are kept; what is beyond is counted in the summary. Default 1000. */
  readonly most?: number;
}

interface Firing {
  readonly silenced: boolean;
  /** It is the first that is heard of it. */
  readonly isNew: boolean;
  /** Nothing is new but how many and how much. Default false. */
  readonly figuresOnly?: boolean;
}

interface Sending {
  readonly id: number;
  readonly kind: NoticeKind | 'summary';
  /** Of the incident; empty for a summary. */
  readonly key: string;
  readonly version: number;
  /** What it had been told before. */
  readonly before: OutboxItem['told'];
  /** Of a summary: how many of them it tells of. */
  readonly missed: number;
  readonly more: number;
}

/** As it is saved. */
export interface OutboxState {
  /** What had ended by then is nobody's business here. */
  readonly bornMs: number;
  turns: number;
  items: OutboxItem[];
  missed: AlertIncident[];
  /** How many more there are than `missed` holds. */
  more: number;
  sending: Sending | null;
}

/** What is on its way; to be given back with what became of it. */
export interface Sent {
  readonly id: number;
  readonly notice: AlertNotice;
}

const mostMissed = 50;
const failuresBeforeOthers = 5;

/**
 * What one receiver has been told of incidents, and what it is still to be told: for each incident the latest, in the
 * order in which they began to wait. Of an incident: nothing → maybe told (from the moment before it is said, saved
 * first) → told → its end said → gone. One that ends while the receiver surely knows nothing of it pages nobody and is
 * summed up with others like it, when nothing else waits.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #items: Map<string, OutboxItem>;
  readonly #state: OutboxState;

  private constructor(state: OutboxState, options: OutboxOptions) {
    this.#options = options;
    this.#state = state;
    this.#items = new Map(state.items.map((item) => [item.incident.key, item]));
  }

  static create(bornMs: number, options: OutboxOptions): Outbox {
    return new Outbox({ bornMs, turns: 0, items: [], missed: [], more: 0, sending: null }, options);
  }

  /** What was on its way when it was saved may have arrived. */
  static restore(stored: OutboxState, options: OutboxOptions): Outbox {
    const outbox = new Outbox(structuredClone(stored), options);
    outbox.lost();
    return outbox;
  }

  encode(): OutboxState {
    return { ...this.#state, items: [...this.#items.values()] };
  }

  /** It fires, or has changed while it does. */
  fires(incident: AlertIncident, { silenced, isNew, figuresOnly = false }: Firing): void {
    const mine = this.#options.mine(incident);
    const item = this.#items.get(incident.key) ?? this.#add(incident);
    if (item === null) {
      if (isNew && mine && !silenced) this.#state.more += 1;
      return;
    }
    // What grows while it is silenced is said when the silence ends.
    Object.assign(item, { incident, mine, silenced, version: item.version + 1, endedAtMs: null, endSaidAtMs: null });
    if (!figuresOnly) item.newsVersion = item.version;
    this.#queue(item);
  }

  acknowledged(key: string): void {
    const item = this.#items.get(key);
    if (item === undefined || item.acknowledged !== 'no' || item.endedAtMs !== null) return;
    item.acknowledged = 'asked';
    this.#queue(item);
  }

  ended(incident: AlertIncident, atMs: number): void {
    const item = this.#items.get(incident.key);
    if (item === undefined || item.endedAtMs !== null) return;
    Object.assign(item, { incident, endedAtMs: atMs });
    this.#queue(item);
    if (this.#state.sending?.key !== incident.key) this.#settleEnd(item);
  }

  /** Open and told of; whether anything waits to be said is `due`'s to tell. */
  keyOf(fits: (incident: AlertIncident) => boolean): string | null {
    for (const [key, { incident, endedAtMs }] of this.#items) if (endedAtMs === null && fits(incident)) return key;
    return null;
  }

  incident(key: string): AlertIncident | null {
    return this.#items.get(key)?.incident ?? null;
  }

  get isSending(): boolean {
    return this.#state.sending !== null;
  }

  /** Removes what is over and said; whether there was any. */
  tidy(nowMs: number): boolean {
    const before = this.#items.size;
    for (const [key, item] of this.#items)
      if (this.#state.sending?.key !== key && isDone(item, nowMs, this.#options.repeatMs)) this.#items.delete(key);
    return this.#items.size < before;
  }

  /**
   * What is to be said next, from here on counted as on its way: it may be said only once that is saved. Null: nothing
   * is, or something is on its way.
   */
  send(nowMs: number): Sent | null {
    const { sending, missed, more } = this.#state;
    if (sending !== null) return null;
    const waiting = this.#next(nowMs);
    const summary = missed.length > 0 || more > 0;
    // What is only said again comes last, or many that are open would keep the sum for ever.
    const next = summary && waiting?.item.turn === null ? null : waiting;
    if (next === null && !summary) return null;
    const id = (this.#state.turns += 1);
    if (next !== null) {
      const { item, kind } = next;
      const { key } = item.incident;
      this.#state.sending = { id, kind, key, version: item.version, before: item.told, missed: 0, more: 0 };
      return { id, notice: { kind, atMs: nowMs, incident: this.#say(item, kind) } };
    }
    this.#state.sending = { id, kind: 'summary', key: '', version: 0, before: 'no', missed: missed.length, more };
    return { id, notice: { kind: 'summary', atMs: nowMs, missed: [...missed], ...(more > 0 && { more }) } };
  }

  /** What became of it; what is of another time is not heard. */
  settled({ id, outcome, atMs }: { readonly id: number; readonly outcome: Delivery; readonly atMs: number }): void {
    const { sending } = this.#state;
    if (sending?.id !== id) return;
    this.#state.sending = null;
    if (sending.kind === 'summary') {
      if (outcome.kind === 'retryable') return;
      this.#state.missed.splice(0, sending.missed);
      this.#state.more -= sending.more;
      return;
    }
    const item = this.#items.get(sending.key);
    if (item === undefined) return;
    if (outcome.kind === 'delivered') said(item, sending, atMs);
    else if (outcome.kind === 'rejected') givenUp(item, sending, atMs);
    else if (sending.kind === 'trigger' && outcome.taken === false) item.told = sending.before;
    item.failures = outcome.kind === 'retryable' ? item.failures + 1 : 0;
    // What the receiver may fail at because of itself must not stand before the others for ever.
    if (item.failures % failuresBeforeOthers === 0) item.turn = null;
    this.#queue(item);
    if (item.endedAtMs !== null && outcome.kind !== 'rejected') this.#settleEnd(item);
  }

  /** Nobody knows what became of it: it counts as maybe said, and is said again. */
  lost(): void {
    const { sending } = this.#state;
    if (sending !== null)
      this.settled({ id: sending.id, outcome: { kind: 'retryable', reason: 'not known' }, atMs: 0 });
  }

  #add(incident: AlertIncident): OutboxItem | null {
    const { most = 1000 } = this.#options;
    if (this.#items.size >= most) {
      // What is over and only said again makes room first.
      for (const [key, { endSaidAtMs }] of this.#items)
        if (endSaidAtMs !== null && this.#state.sending?.key !== key) {
          this.#items.delete(key);
          break;
        }
      if (this.#items.size >= most) return null;
    }
    const item = newItem(incident);
    this.#items.set(incident.key, item);
    return item;
  }

  #queue(item: OutboxItem): void {
    item.turn ??= this.#state.turns += 1;
  }

  #next(nowMs: number): { readonly item: OutboxItem; readonly kind: NoticeKind } | null {
    let first: { readonly item: OutboxItem; readonly kind: NoticeKind } | null = null;
    const place = ({ turn }: OutboxItem): number => turn ?? Number.POSITIVE_INFINITY;
    for (const item of this.#items.values()) {
      const kind = nextOf(item, nowMs, this.#options.repeatMs);
      // To a receiver that knows incidents by where they are, that one is over would mean that the other is.
      if (kind === 'resolve' && item.endSaidAtMs !== null && this.#isOpenAgain(item)) item.saidAtMs = nowMs;
      else if (kind === null) item.turn = null;
      else if (first === null || place(item) < place(first.item)) first = { item, kind };
    }
    return first;
  }

  /** A newer incident at the same place is told of. */
  #isOpenAgain({ incident: over }: OutboxItem): boolean {
    for (const { incident, told, endedAtMs } of this.#items.values()) {
      const isThere = (['namespace', 'task', 'step', 'system'] as const).every((name) => incident[name] === over[name]);
      if (isThere && endedAtMs === null && told !== 'no') return true;
    }
    return false;
  }

  #say(item: OutboxItem, kind: NoticeKind): AlertIncident {
    // What has grown while it is silenced is not to be seen by the way.
    if (kind === 'repeat' && item.silenced) return item.said ?? item.incident;
    if (kind !== 'acknowledge' && kind !== 'resolve') item.said = item.incident;
    if (item.told === 'no') item.told = 'maybe';
    return item.incident;
  }

  /** Of one that has ended and is not on its way: what the receiver surely or maybe has not heard of is summed up. */
  #settleEnd(item: OutboxItem): void {
    const { incident, told, mine, silenced, saidVersion, version, endedAtMs, summedUp } = item;
    const wasToBeTold = mine && !silenced && version > saidVersion && (endedAtMs ?? 0) >= this.#state.bornMs;
    if (told !== 'yes' && wasToBeTold && !summedUp) {
      item.summedUp = true;
      if (this.#state.missed.length < mostMissed) this.#state.missed.push(incident);
      else this.#state.more += 1;
    }
    if (told === 'no') this.#items.delete(incident.key);
  }
}

function said(item: OutboxItem, { kind, version }: Sending, atMs: number): void {
  item.saidAtMs = atMs;
  if (kind === 'resolve') item.endSaidAtMs ??= atMs;
  else if (kind === 'acknowledge') item.acknowledged = 'told';
  else {
    item.told = 'yes';
    if (kind !== 'repeat' || !item.silenced) item.saidVersion = Math.max(item.saidVersion, version);
  }
}

/** What a receiver refuses for good is said no more, until there is something new to say. */
function givenUp(item: OutboxItem, { kind, version, before }: Sending, atMs: number): void {
  item.saidAtMs = atMs;
  if (kind === 'resolve') Object.assign(item, { told: 'no' });
  else if (kind === 'acknowledge') item.acknowledged = 'told';
  else if (kind !== 'repeat') {
    item.saidVersion = version;
    item.told = before;
  }
}
