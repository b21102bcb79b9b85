import type { EachRecorded } from '../../events/envelope.ts';
import type { Clock, Timer } from '../../shared/clock.ts';
import type { JsonValue } from '../../shared/json.ts';
import type { AlertNotice } from '../../signals/alert.ts';
import type { Delivery, SinkFigures } from '../../signals/delivery.ts';
import { asIncident } from '../alert-generation/alert-facts.ts';
import { alertGenerationName } from '../alert-generation/alert-generation.ts';
import type { BuiltInContext, Tick } from '../built-in-abilities.ts';
import { defineSubscriber, type SubscriberDefinition } from '../define-subscriber.ts';
import type { StateCodec } from '../json-state.ts';
import { isLagging, laggingIncident } from './lagging-incident.ts';
import { Outbox, type OutboxState, type Sent } from './outbox.ts';
import { type AlertRoute, leadsTo } from './routes.ts';

/** A sink that takes alerts, as its subscriber is given it. */
export interface AlertReceiver {
  readonly sink: string;
  /** How often an open incident is said again; null: once is enough. */
  readonly repeatMs: number | null;
  /** One try, bounded in time; never the next before it has settled. */
  readonly once: (notice: AlertNotice, stop: AbortSignal) => Promise<Delivery>;
  /** How long nothing is to be tried. */
  readonly restMs: () => number;
  readonly figures: () => SinkFigures;
}

export interface AlertDeliveryOptions {
  readonly routes: readonly AlertRoute[];
  readonly environment: string;
  readonly runbookBaseUrl: string | null;
}

/** What its checkpoint is kept under. */
export const alertDeliveryName = (sink: string): string => `${alertGenerationName}.${sink}`;

type Fact = EachRecorded<
  | 'alert.triggered'
  | 'alert.updated'
  | 'alert.acknowledged'
  | 'alert.resolved'
  | 'alert.settled'
  | 'subscriber.lagged'
  | 'subscriber.recovered'
>;

/** Things that only time brings: what is said again, and what has waited long enough. */
const everyMs = 1000;

/**
 * What is recorded of incidents, to one sink: each taken into the outbox, which is saved with the checkpoint. What is
 * to be said is said outside the subscriber's turn, one notice at a time, so that a receiver that hangs holds up
 * neither the reading nor the stop.
 */
export function alertDelivery(
  receiver: AlertReceiver,
  deliveryOptions: AlertDeliveryOptions,
  clock: Clock,
): SubscriberDefinition {
  const { sink, repeatMs, figures } = receiver;
  const options = {
    mine: (incident: Parameters<typeof leadsTo>[2]) => leadsTo(sink, deliveryOptions.routes, incident),
    repeatMs,
  };
  const courier = new Courier(receiver, clock);
  const handle = (event: Fact, { state }: BuiltInContext): void => {
    take(state as Outbox, event, deliveryOptions);
    courier.callSoon();
  };
  const codec: StateCodec = {
    encode: (state: Outbox) => state.encode() as unknown as JsonValue,
    decode: (stored) => Outbox.restore(stored as unknown as OutboxState, options),
  };
  const input = {
    name: alertDeliveryName(sink),
    // What is open is to be told also to a sink that is new; what is over is not: the outbox knows when it began.
    startFrom: 'beginning' as const,
    retries: { limit: 0 },
    state: { initial: () => Outbox.create(clock.now(), options) },
    on: {
      'alert.triggered': handle,
      'alert.updated': handle,
      'alert.acknowledged': handle,
      'alert.resolved': handle,
      'alert.settled': handle,
      'subscriber.lagged': handle,
      'subscriber.recovered': handle,
    },
    codec,
    tick: {
      everyMs,
      act: (state: Outbox, nowMs, context) => courier.look(state, nowMs, context),
      onReady: (callSoon) => courier.ready(callSoon),
    } satisfies Tick,
    noReplay: 'it tells people, who would be told again of what is over',
    sinkFigures: figures,
  };
  return defineSubscriber(input as unknown as Parameters<typeof defineSubscriber>[0]);
}

function take(outbox: Outbox, event: Fact, about: AlertDeliveryOptions): void {
  switch (event.name) {
    case 'alert.triggered':
    case 'alert.updated': {
      const { incident, silenced } = event.payload;
      const figuresOnly = 'changes' in event.payload && event.payload.changes.every((change) => change === 'figures');
      return outbox.fires(asIncident(incident), { silenced, isNew: event.name === 'alert.triggered', figuresOnly });
    }
    case 'alert.acknowledged':
      return outbox.acknowledged(event.payload.incident);
    case 'alert.resolved':
      return outbox.ended(asIncident(event.payload.incident), event.occurredAt);
    case 'alert.settled':
      return outbox.costs(asIncident(event.payload.incident), event.payload.silenced);
    case 'subscriber.lagged':
    case 'subscriber.recovered': {
      if (event.payload.subscriber !== alertGenerationName) return undefined;
      const open = outbox.keyOf(isLagging);
      if (event.name === 'subscriber.lagged' && open === null)
        outbox.fires(laggingIncident(event.id, event.occurredAt, event.payload, about), {
          silenced: false,
          isNew: true,
        });
      const told = event.name === 'subscriber.recovered' && open !== null ? outbox.incident(open) : null;
      if (told !== null) outbox.ended({ ...told, trend: 'falling' }, event.occurredAt);
      return undefined;
    }
  }
}

/** Carries one notice at a time: idle → on its way → back, with what became of it → idle. */
class Courier {
  readonly #receiver: AlertReceiver;
  readonly #clock: Clock;
  #isAway = false;
  #back: { readonly id: number; readonly outcome: Delivery; readonly atMs: number } | null = null;
  #resting: Timer | null = null;
  #stop: AbortSignal | null = null;
  callSoon: () => void = () => undefined;

  constructor(receiver: AlertReceiver, clock: Clock) {
    this.#receiver = receiver;
    this.#clock = clock;
  }

  ready(callSoon: () => void): void {
    this.callSoon = callSoon;
  }

  look(outbox: Outbox, nowMs: number, { afterSave, stop }: Parameters<Tick['act']>[2]): boolean | undefined {
    let changed = outbox.tidy(nowMs);
    if (this.#back !== null) {
      outbox.settled(this.#back);
      this.#back = null;
      changed = true;
    }
    if (this.#isAway || this.#receiver.restMs() > 0) return changed ? undefined : false;
    const next = outbox.send(nowMs);
    // Said only once it stands in the store that it may have been: else a crash would leave an alert that nobody ends.
    if (next !== null) afterSave(() => void this.#carry(next, stop));
    return changed || next !== null ? undefined : false;
  }

  async #carry({ id, notice }: Sent, stop: AbortSignal): Promise<void> {
    this.#isAway = true;
    const outcome = await this.#receiver.once(notice, stop);
    this.#isAway = false;
    if (stop.aborted) return;
    if (this.#stop !== stop) stop.addEventListener('abort', () => this.#resting?.cancel(), { once: true });
    this.#stop = stop;
    this.#back = { id, outcome, atMs: this.#clock.now() };
    this.#resting?.cancel();
    const restMs = this.#receiver.restMs();
    if (restMs > 0) this.#resting = this.#clock.setTimer(restMs, () => this.callSoon());
    this.callSoon();
  }
}
