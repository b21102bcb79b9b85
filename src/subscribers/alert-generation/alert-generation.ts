import type { LoggedEvent } from '../../events/envelope.ts';
import type { EachDraft } from '../../log/append.ts';
import type { JsonValue } from '../../shared/json.ts';
import type { BuiltInContext, Tick } from '../built-in-abilities.ts';
import { defineSubscriber, type SubscriberDefinition } from '../define-subscriber.ts';
import type { StateCodec } from '../json-state.ts';
import { asTold } from './alert-facts.ts';
import { Alerting, type AlertingOptions } from './alerting.ts';
import type { AlertFact } from './incidents/incident-teller.ts';

export type { AlertingOptions as AlertGenerationOptions } from './alerting.ts';
export type { AlertView, PendingAlert } from './alerts-in.ts';
export { alertsIn, pendingIn, silencesIn } from './alerts-in.ts';

export const alertGenerationName = 'tasker.alerts';

/** A crash costs this much handling anew; what is to be told is saved at once. */
const saveEveryMs = 5000;
const tickEveryMs = 1000;
/** It is to speak within seconds: further behind, somebody else must say that it does not. */
const lagLimit = 20_000;

/** Everything that its evidence is made of; its own facts are not among it. */
export const alertEvidence = [
  'task.initialize_requested',
  'task.completed',
  'task.failed',
  'task.cancelled',
  'task.retry_requested',
  'task.resolved_manually',
  'task.sla_breached',
  'step.completed',
  'step.failed',
  'step.stalled',
  'step.sla_breached',
  'step.cancelled',
  'step.resolved_manually',
  'worker.*',
  'subscriber.lagged',
  'subscriber.recovered',
  'sink.failing',
  'sink.recovered',
  'alert.acknowledged',
  'alert.silenced',
] as const;

/** The built-in subscriber that makes incidents of what is recorded, and records what is to be said of them. */
export function alertGeneration(options: AlertingOptions): SubscriberDefinition {
  const codec: StateCodec = {
    encode: (state: Alerting) => state.encode(),
    decode: (stored: JsonValue) => {
      const alerting = new Alerting(options);
      alerting.restore(stored);
      return alerting;
    },
  };
  const take = (event: LoggedEvent, context: BuiltInContext): void => {
    const alerting = context.state as Alerting;
    alerting.take(event);
    const facts = alerting.drain();
    if (facts.length > 0) context.record(facts.map(draft));
  };
  const tick: Tick = {
    everyMs: tickEveryMs,
    act: (state: Alerting, nowMs, { record, afterSave }) => {
      const isChanged = state.tick(nowMs);
      const facts = state.drain();
      if (facts.length > 0) record(facts.map(draft));
      // To be told of the saving is to have it saved at once.
      if (state.takeAsked()) afterSave(() => undefined);
      return isChanged;
    },
  };
  const input = {
    name: alertGenerationName,
    startFrom: 'beginning' as const,
    saveEveryMs,
    lagLimit,
    retries: { limit: 0 },
    state: { initial: () => new Alerting(options) },
    on: Object.fromEntries(alertEvidence.map((name) => [name, take])),
    codec,
    tick,
    noReplay: 'what it would say was said; `tasker alerts backtest` shows what it would have said',
    view: (state: Alerting) => state.families(),
  };
  return defineSubscriber(input as unknown as Parameters<typeof defineSubscriber>[0]);
}

function draft(fact: AlertFact): EachDraft {
  const { kind, atMs: occurredAt, incident, silenced } = fact;
  const told = { incident: asTold(incident), silenced };
  switch (kind) {
    case 'triggered':
      return { name: 'alert.triggered', occurredAt, payload: told };
    case 'updated':
      return { name: 'alert.updated', occurredAt, payload: { ...told, changes: [...fact.changes] } };
    case 'resolved':
      return { name: 'alert.resolved', occurredAt, payload: { ...told, durationMs: fact.durationMs } };
  }
}
