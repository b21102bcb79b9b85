import { toNewEvent } from './log/append.ts';
import type { NewEvent } from './log/event-log.ts';
import { type Random, systemRandom } from './shared/ids.ts';
import { PatientDelivery } from './sinks/delivery/patient-delivery.ts';
import { CircuitBreaker } from './sinks/delivery/circuit-breaker.ts';
import { type SinkChange, SinkMeter } from './sinks/delivery/sink-meter.ts';
import { steady } from './sinks/delivery/steady-delivery.ts';
import type { Sink } from './sinks/define-sink.ts';
import type { AlertNotice } from './signals/alert.ts';
import type { Deliver } from './signals/delivery.ts';
import {
  alertDelivery,
  alertDeliveryName,
  type AlertDeliveryOptions,
} from './subscribers/alert-delivery/alert-delivery.ts';
import type { SubscriberDefinition } from './subscribers/define-subscriber.ts';
import { distributedTracing, tracingName } from './subscribers/distributed-tracing/distributed-tracing.ts';
import { eventExport, exportName } from './subscribers/event-export/event-export.ts';
import type { FedSink } from './subscribers/feed-sink.ts';
import type { ObserverHost } from './subscribers/observer/observer-host.ts';
import { structuredRecord, type StructuredLoggingOptions } from './subscribers/structured-logging/structured-record.ts';

/** What is needed to tell of how a sink does. */
export type SinkHost = Pick<ObserverHost, 'writer' | 'clock' | 'random' | 'warn' | 'onProblem'>;

export interface SinkSubscribersOptions {
  /** The sink that facts are told in operators' words, and how; null: none is. */
  readonly logging: { readonly sink: string; readonly rules: StructuredLoggingOptions } | null;
  readonly tracing: { readonly enabled: boolean; readonly giveUpAfterMs: number };
  /** Null: nothing asks for alerts. */
  readonly alerts: AlertDeliveryOptions | null;
}

/** The subscribers that feed sinks: one for each kind of signal that a sink takes, with steady delivery between. */
export function sinkSubscribers(
  sinks: readonly Sink[],
  { logging, tracing, alerts }: SinkSubscribersOptions,
  host: SinkHost,
): readonly SubscriberDefinition[] {
  return sinks.flatMap((sink) => {
    const { name, logs, traces } = sink;
    // One destination, one breaker: what is down for spans is down for records.
    const breaker = new CircuitBreaker();
    const fed = <Signal>(about: About, deliver: Deliver<Signal>, giveUpAfterMs?: number): FedSink<Signal> => {
      const meter = meterOf(host, about);
      const around = { clock: host.clock, random: systemRandom, meter, breaker };
      return {
        sink: name,
        deliver: steady(deliver, { ...around, ...(giveUpAfterMs !== undefined && { giveUpAfterMs }) }),
        figures: () => meter.figures,
      };
    };
    const definitions: SubscriberDefinition[] = [];
    if (logs !== undefined) {
      const record = name === logging?.sink ? { record: structuredRecord(logging.rules) } : {};
      const about = { sink: name, signal: 'logs', subscriber: exportName(name) };
      definitions.push(eventExport({ ...fed(about, logs), ...record }));
    }
    if (traces !== undefined && tracing.enabled) {
      const about = { sink: name, signal: 'traces', subscriber: tracingName(name) };
      definitions.push(distributedTracing(fed(about, traces, tracing.giveUpAfterMs)));
    }
    if (sink.alerts !== undefined && alerts !== null) {
      const meter = meterOf(host, { sink: name, signal: 'alerts', subscriber: alertDeliveryName(name) });
      const around = { clock: host.clock, random: systemRandom, meter, breaker };
      const patient = new PatientDelivery(sink.alerts.bind(sink), around);
      const receiver = {
        sink: name,
        repeatMs: sink.repeatAlertsMs ?? null,
        once: (notice: AlertNotice, stop: AbortSignal) => patient.once(notice, stop),
        restMs: () => patient.restMs,
        figures: () => meter.figures,
      };
      definitions.push(alertDelivery(receiver, alerts, host.clock));
    }
    return definitions;
  });
}

export function meterOf(host: SinkHost, about: About): SinkMeter {
  return new SinkMeter({ sink: about.sink, signal: about.signal }, (change) => tell(host, about, change));
}

interface About {
  readonly sink: string;
  readonly signal: string;
  /** Whose progress the fact is saved with. */
  readonly subscriber: string;
}

/** On record, and to whoever reads the process's warnings: the sink that would tell may be the one that cannot. */
function tell({ warn, writer, onProblem, clock, random }: SinkHost, about: About, change: SinkChange): void {
  warn(inWords(about, change));
  const fact = factOf(about, change, clock.now(), random);
  writer.save({ kind: 'note', subscriber: about.subscriber, events: [fact] }).catch(onProblem);
}

function inWords({ sink, signal }: About, change: SinkChange): string {
  switch (change.kind) {
    case 'failing':
      return `Sink '${sink}' cannot take its ${signal}: ${change.reason}. They wait in the log and are offered again.`;
    case 'recovered':
      return `Sink '${sink}' takes its ${signal} again, after ${Math.round(change.failedForMs / 1000)} s.`;
    case 'dropped':
      return `Sink '${sink}' did not take ${change.dropped} of its ${signal}, which are dropped: ${change.reason}.`;
  }
}

function factOf({ sink, signal }: About, change: SinkChange, occurredAt: number, random: Random): NewEvent {
  switch (change.kind) {
    case 'failing': {
      const { failures, reason } = change;
      return toNewEvent({ name: 'sink.failing', occurredAt, payload: { sink, signal, failures, reason } }, random);
    }
    case 'recovered': {
      const { failures, failedForMs } = change;
      return toNewEvent(
        { name: 'sink.recovered', occurredAt, payload: { sink, signal, failures, failedForMs } },
        random,
      );
    }
    case 'dropped': {
      const { dropped, reason } = change;
      return toNewEvent({ name: 'sink.dropped', occurredAt, payload: { sink, signal, dropped, reason } }, random);
    }
  }
}
