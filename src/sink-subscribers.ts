import type { TracePolicy } from './execution/trace-policy.ts';
import { toNewEvent } from './log/append.ts';
import type { NewEvent } from './log/event-log.ts';
import type { Clock } from './shared/clock.ts';
import { type Random, systemRandom } from './shared/ids.ts';
import { CircuitBreaker } from './sinks/delivery/circuit-breaker.ts';
import { type SinkChange, type SinkFigures, SinkMeter } from './sinks/delivery/sink-meter.ts';
import { steady } from './sinks/delivery/steady-delivery.ts';
import type { Sink } from './sinks/define-sink.ts';
import type { StructuredLogging } from './structured-logging.ts';
import type { SubscriberDefinition } from './subscribers/define-subscriber.ts';
import { distributedTracing, tracingName } from './subscribers/distributed-tracing/distributed-tracing.ts';
import { eventExport, exportName } from './subscribers/event-export/event-export.ts';
import type { ProgressWriter } from './subscribers/subscriber-store.ts';

export interface SinkSubscribersParts {
  readonly sinks: readonly Sink[];
  /** What its sink is told in its own words. */
  readonly logging: StructuredLogging | null;
  readonly tracing: Pick<TracePolicy, 'enabled'>;
  readonly tracesGivenUpAfterMs: number;
  readonly clock: Clock;
  readonly random: Random;
  /** Known once the store is open. */
  readonly writer: Promise<ProgressWriter>;
  readonly warn: (message: string) => void;
  readonly onProblem: (error: unknown) => void;
}

export interface SinkSubscribers {
  readonly definitions: readonly SubscriberDefinition[];
  /** How deliveries have gone, by sink and signal. */
  readonly figures: () => readonly SinkFigures[];
}

/** The subscribers that feed sinks: one for each kind of signal that a sink takes, with steady delivery between. */
export function sinkSubscribers(parts: SinkSubscribersParts): SinkSubscribers {
  const { sinks, logging, tracing, clock, tracesGivenUpAfterMs } = parts;
  const meters: SinkMeter[] = [];
  const definitions = sinks.flatMap((sink) => {
    const { name, logs, traces } = sink;
    // One destination, one breaker: what is down for spans is down for records.
    const breaker = new CircuitBreaker();
    const around = (signal: string, subscriber: string) => {
      const meter = new SinkMeter({ sink: name, signal }, (change) =>
        tell(parts, { sink: name, signal, subscriber }, change),
      );
      meters.push(meter);
      return { clock, random: systemRandom, meter, breaker };
    };
    const record = name === logging?.sink.name ? { record: logging.record } : {};
    return [
      ...(logs === undefined
        ? []
        : [eventExport({ sink: name, deliver: steady(logs, around('logs', exportName(name))), ...record })]),
      ...(traces === undefined || !tracing.enabled
        ? []
        : [
            distributedTracing({
              sink: name,
              deliver: steady(traces, {
                ...around('traces', tracingName(name)),
                giveUpAfterMs: tracesGivenUpAfterMs,
              }),
            }),
          ]),
    ];
  });
  return { definitions, figures: () => meters.map(({ figures }) => figures) };
}

interface About {
  readonly sink: string;
  readonly signal: string;
  /** Whose progress the fact is saved with. */
  readonly subscriber: string;
}

/** On record, and to whoever reads the process's warnings: the sink that would tell may be the one that cannot. */
function tell(
  { warn, writer, onProblem, clock, random }: SinkSubscribersParts,
  about: About,
  change: SinkChange,
): void {
  warn(inWords(about, change));
  const fact = factOf(about, change, clock.now(), random);
  writer.then((opened) => opened.save({ kind: 'note', subscriber: about.subscriber, events: [fact] })).catch(onProblem);
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
