import type { JsonObject } from '../shared/json.ts';
import type { EventName, LiveEventName, PayloadOf, RecordedEventName } from './catalog.ts';

/** What every event of one task says about its task. Built once per task. */
export interface TaskEnvelope {
  readonly namespace: string;
  readonly taskName: string;
  readonly version: string;
  readonly correlationId: string;
  /** W3C Trace Context: 32 hexadecimal digits. */
  readonly traceId: string;
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

/** Narration: published in process after the commit that it tells of, and gone if nobody listened. */
export interface LiveEvent<Name extends LiveEventName = LiveEventName> extends Envelope {
  /** It has no place in the log. */
  readonly position: null;
  readonly name: Name;
  readonly payload: PayloadOf<Name>;
}

/** An event as a listener in this process gets it; the name tells which payload it has. */
export type PublishedEvent<Name extends EventName = EventName> = {
  readonly [Each in Name]: Each extends RecordedEventName
    ? RecordedEvent<Each>
    : Each extends LiveEventName
      ? LiveEvent<Each>
      : never;
}[Name];
