import type { JsonObject } from '../shared/json.ts';
import type { CustomEventName } from './custom-events.ts';
import type { TraceChoices } from './trace-choices.ts';
import type { EventName, LiveEventName, PayloadOf, RecordedEventName } from './catalog.ts';

/** What every event of one task says about its task. Built once per task. */
export interface TaskEnvelope {
  readonly namespace: string;
  readonly taskName: string;
  readonly version: string;
  readonly correlationId: string;
  /** W3C Trace Context: 32 hexadecimal digits. */
  readonly traceId: string;
  /** Only where the task is traced otherwise than by the rule. */
  readonly trace?: TraceChoices;
  /** The allow-listed fields of the task's context; nothing else of it leaves the task. */
  readonly business: JsonObject;
}

interface Envelope extends Partial<TaskEnvelope> {
  readonly id: string;
  readonly schemaVersion: number;
  /** Milliseconds since the Unix epoch. */
  readonly occurredAt: number;
  readonly taskId: string | null;
  readonly step: string | null;
  readonly attempt: number | null;
  /** The event or command that led to this one. */
  readonly causationId: string | null;
  readonly spanId: string | null;
  readonly parentSpanId: string | null;
}

/** A recorded event as readers get it. Plain JSON, no live objects. */
export interface RecordedEvent<Name extends RecordedEventName = RecordedEventName> extends Envelope {
  /** Place in the log: strictly rising, without order among tasks beyond that of their commits. */
  readonly position: number;
  readonly name: Name;
  readonly payload: PayloadOf<Name>;
}

/** Each recorded event with its own payload: the name tells which it is. */
export type EachRecorded<Name extends RecordedEventName = RecordedEventName> = {
  readonly [Each in Name]: RecordedEvent<Each>;
}[Name];

/** An event of the users' own, published by a handler and recorded with the outcome of its attempt. */
export interface CustomEvent extends Envelope {
  readonly position: number;
  /** As declared, under the prefix `custom.`. */
  readonly name: CustomEventName;
  /** What its declaration's schema names, and nothing else. */
  readonly payload: JsonObject;
  /** The attempt that published it did not complete: what it tells of may be told again by the next. */
  readonly attemptFailed: boolean;
}

/** What the log holds. The name tells which it is. */
export type LoggedEvent = RecordedEvent | CustomEvent;

/** Narration: published in process after the commit that it tells of, and gone if nobody listened. */
export interface LiveEvent<Name extends LiveEventName = LiveEventName> extends Envelope {
  /** It has no place in the log. */
  readonly position: null;
  readonly name: Name;
  readonly payload: PayloadOf<Name>;
}

/** An event as a listener in this process gets it; the name tells which payload it has. */
export type PublishedEvent<Name extends HeardName = HeardName> = Name extends CustomEventName
  ? CustomEvent
  : Name extends RecordedEventName
    ? RecordedEvent<Name>
    : Name extends LiveEventName
      ? LiveEvent<Name>
      : never;

/** What an event that is heard or read may be called. */
export type HeardName = EventName | CustomEventName;
