import type { LoggedEvent } from '../events/envelope.ts';
import { toNewEvent } from '../log/append.ts';
import type { NewEvent } from '../log/event-log.ts';
import type { Random } from '../shared/ids.ts';
import { describeFailure } from './describe-failure.ts';
import { handleEvent, type Handled, type Handling } from './handle-event.ts';
import type { ParkedEvent } from './subscriber-store.ts';

// How long handlers may keep the thread they share with the engine before others have their turn.
const turnMs = 5;
const lookEvery = 32;

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
  /** Tasks whose later events wait behind a parked one. */
  readonly #held: Set<string>;
  readonly #hasState: boolean;
  #collected: unknown[] = [];

  constructor(
    handling: Handling,
    random: Random,
    kept: { readonly state: unknown; readonly countsFrom: number | null; readonly held: Set<string> },
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
    return subscriber.deliverBatch(collected, stop);
  }

  counted(position: number, { state, collected, recorded }: Extract<Handled, { readonly kind: 'done' }>): void {
    this.state = state;
    for (const fact of recorded) this.facts.push(toNewEvent(fact, this.#random));
    if (collected.length > 0) this.#collected.push(...collected);
    if (this.#hasState) this.countsFrom = Math.min(position, this.countsFrom ?? position);
  }

  /** False when it was stopped before the event was decided. */
  #take(event: LoggedEvent): true | Promise<boolean> {
    const { subscriber } = this.#handling;
    if (!subscriber.handlers.has(event.name) || isAbout(subscriber.name, event)) return true;
    this.taken += 1;
    if (event.taskId !== null && this.#held.has(event.taskId)) {
      this.parked.push(this.#park(event, 0, null));
      return true;
    }
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
    if (handled.kind === 'stopped') return false;
    if (handled.kind === 'done') this.counted(event.position, handled);
    else {
      const { subscriber, clock } = this.#handling;
      const failure = describeFailure(handled.error);
      this.parked.push(this.#park(event, handled.attempts, failure.full));
      if (subscriber.holdsTask && event.taskId !== null) this.#held.add(event.taskId);
      const payload = {
        subscriber: subscriber.name,
        position: event.position,
        event: event.name,
        task: event.taskId,
        attempts: handled.attempts,
        error: failure.open,
      };
      const fact = {
        name: 'subscriber.event_parked',
        occurredAt: clock.now(),
        causationId: event.id,
        payload,
      } as const;
      this.facts.push(toNewEvent(fact, this.#random));
    }
    return true;
  }

  #park(event: LoggedEvent, attempts: number, error: ParkedEvent['error']): ParkedEvent {
    const { position, name, taskId } = event;
    return { position, eventName: name, taskId, attempts, parkedAt: this.#handling.clock.now(), error };
  }
}

/** A subscriber that followed the facts about itself could feed on them for ever. */
function isAbout(name: string, event: LoggedEvent): boolean {
  return event.name.startsWith('subscriber.') && 'subscriber' in event.payload && event.payload.subscriber === name;
}
