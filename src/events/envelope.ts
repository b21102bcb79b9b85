import type { JsonObject } from '../shared/json.ts';
import type { EventName, PayloadOf } from './catalog.ts';

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

/** A recorded event as readers get it. Plain JSON, no live objects. */
export interface RecordedEvent<Name extends EventName = EventName> extends Partial<TaskEnvelope> {
  /** Place in the log: strictly rising, without order among tasks beyond that of their commits. */
  readonly position: number;
  readonly id: string;
  readonly name: Name;
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
  readonly payload: PayloadOf<Name>;
}
