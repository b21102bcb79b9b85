import type { LoggedEvent } from '../events/envelope.ts';
import type { PublicErrorFields } from '../events/payload-parts.ts';
import { toNewEvent } from '../log/append.ts';
import type { NewEvent } from '../log/event-log.ts';
import type { Random } from '../shared/ids.ts';
import { describeFailure } from './describe-failure.ts';
import { handleEvent, type Handled, type Handling, soonAfterStop } from './handle-event.ts';
import type { ParkedEvent } from './subscriber-store.ts';

const parkedName = 'subscriber.event_parked';
// How long handlers may keep the thread they share with the engine before others have their turn.
const turnMs = 5;
const lookEvery = 32;
/** A delivery may end well when it is asked to stop; one that does not settle at all must hold up no stop. */
const deliveryGraceMs = 1000;

class ThreadEnded extends Error {
  constructor() {
    super('each time it was handled, the thread of its subscriber ended');
  }
}

/** Takes events one after the other and gathers what is to be saved of them together. */
export class Batch {
  readonly parked: ParkedEvent[] = [];
  readonly facts: NewEvent[] = [];
  /** Events that a handler was called for or that were parked. */
  taken = 0;
  state: unknown;
  countsFrom: number | null;
  readonly #handling: Handling;
  readonly #random: Random;
  /** Tasks whose later events wait behind one that this batch has parked: so only once it is saved. */
  readonly heldAnew = new Set<string>();
  /** Tasks whose later events wait behind one that was parked before. */
  readonly #held: ReadonlySet<string>;
  readonly #hasState: boolean;
  #collected: unknown[] = [];

  constructor(
    handling: Handling,
    random: Random,
    kept: { readonly state: unknown; readonly countsFrom: number | null; readonly held: ReadonlySet<string> },
  ) {
    this.#handling = handling;
    this.#random = random;
    this.#held = kept.held;
    this.state = kept.state;
    this.countsFrom = kept.countsFrom;
    this.#hasState = handling.subscriber.initial !== null;
  }

  /** Returns the position up to which all is decided. */
  async takeAll(events: readonly LoggedEvent[], from: number, to: number): Promise<number> {
    const { clock, stop } = this.#handling;
    let reached = from;
    let turnBegan = clock.monotonicMs();
    for (const [index, event] of events.entries()) {
      if (event.position > to) break;
      if (index % lookEvery === lookEvery - 1 && clock.monotonicMs() - turnBegan > turnMs) {
        await new Promise((resolve) => setImmediate(resolve));
        turnBegan = clock.monotonicMs();
      }
      if (stop.aborted) return reached;
      const decided = this.#take(event);
      // A handler without a promise costs no turn of the loop.
      if (decided !== true && !(await decided)) return reached;
      reached = event.position;
    }
    return to;
  }

  /** Handles one event, which may be one that was parked; nothing is parked here. */
  handle(event: LoggedEvent): Handled | Promise<Handled> {
    const handler = this.#handling.subscriber.handlers.get(event.name);
    if (handler === undefined) return { kind: 'done', state: this.state, collected: [], recorded: [] };
    return handleEvent(this.#handling, handler, event, this.state);
  }

  /**
   * Hands over what was collected; what it tells of is saved only afterwards. False when it was stopped first: then
   * nothing of this batch may be saved.
   */
  async deliver(): Promise<boolean> {
    const { subscriber, deliver, stop } = this.#handling;
    const collected = this.#collected;
    this.#collected = [];
    if (collected.length === 0 || !deliver || subscriber.deliverBatch === null) return true;
    const delivering = Promise.resolve(subscriber.deliverBatch(collected, stop));
    const answer: unknown = await soonAfterStop(this.#handling, deliveryGraceMs, delivering, false);
    if (typeof answer === 'boolean') return answer;
    throw new TypeError(
      `deliverBatch of '${subscriber.name}' answered ${answer === null ? 'null' : typeof answer}; expected true or false`,
    );
  }

  counted(position: number, { state, collected, recorded }: Extract<Handled, { readonly kind: 'done' }>): void {
    this.state = state;
    for (const fact of recorded) this.facts.push(toNewEvent(fact, this.#random));
    for (const item of collected) this.#collected.push(item);
    if (this.#hasState) this.countsFrom = Math.min(position, this.countsFrom ?? position);
  }

  /** False when it was stopped before the event was decided. */
  #take(event: LoggedEvent): true | Promise<boolean> {
    const { subscriber } = this.#handling;
    if (!subscriber.handlers.has(event.name) || isAbout(subscriber.name, event)) return true;
    this.taken += 1;
    if (event.taskId !== null && this.#isHeld(event.taskId)) {
      this.parked.push(this.#park(event, 0, null));
      return true;
    }
    const { peril } = this.#handling;
    if (peril?.fatal?.position === event.position && peril.fatal.times > subscriber.retries.limit)
      return this.#decideNow(event, { kind: 'failed', attempts: peril.fatal.times, error: new ThreadEnded() });
    peril?.handling(event.position);
    const handled = this.handle(event);
    return handled instanceof Promise
      ? handled.then((later) => this.#decide(event, later))
      : this.#decideNow(event, handled);
  }

  #decideNow(event: LoggedEvent, handled: Handled): true {
    this.#decide(event, handled);
    return true;
  }

  #decide(event: LoggedEvent, handled: Handled): boolean {
    this.#handling.peril?.handling(null);
    if (handled.kind === 'stopped') return false;
    if (handled.kind === 'done') this.counted(event.position, handled);
    else {
      const { subscriber } = this.#handling;
      const failure = describeFailure(handled.error);
      this.parked.push(this.#park(event, handled.attempts, failure.full));
      if (subscriber.holdsTask && event.taskId !== null) this.heldAnew.add(event.taskId);
      if (!isAtFactOfParkedFact(event)) this.facts.push(this.#parkedFact(event, handled.attempts, failure.open));
    }
    return true;
  }

  #parkedFact(event: LoggedEvent, attempts: number, error: PublicErrorFields): NewEvent {
    const { subscriber, clock } = this.#handling;
    const { id, position, name, taskId } = event;
    const payload = { subscriber: subscriber.name, position, event: name, task: taskId, attempts, error };
    const fact = { name: parkedName, occurredAt: clock.now(), causationId: id, payload } as const;
    return toNewEvent(fact, this.#random);
  }

  #isHeld(taskId: string): boolean {
    return this.#held.has(taskId) || this.heldAnew.has(taskId);
  }

  #park(event: LoggedEvent, attempts: number, error: ParkedEvent['error']): ParkedEvent {
    const { position, name, taskId } = event;
    return { position, eventName: name, taskId, attempts, parkedAt: this.#handling.clock.now(), error };
  }
}

/**
 * Subscribers that fail at everything would feed on the facts about each other for ever. That one failed at a fact of
 * this kind is told, for whoever watches them may be the one who fails; that one failed at that is not.
 */
function isAtFactOfParkedFact(event: LoggedEvent): boolean {
  return event.name === parkedName && 'event' in event.payload && event.payload.event === parkedName;
}

/** A subscriber that followed the facts about itself could feed on them for ever. */
function isAbout(name: string, event: LoggedEvent): boolean {
  return event.name.startsWith('subscriber.') && 'subscriber' in event.payload && event.payload.subscriber === name;
}
