import { catalogEntry, type PayloadOf, type RecordedEventName } from '../events/catalog.ts';
import type { RecordedEvent, TaskEnvelope } from '../events/envelope.ts';
import { upcast } from '../events/upcast.ts';
import { TaskerError } from '../shared/errors.ts';
import { type Random, uuidV7 } from '../shared/ids.ts';
import type { NewEvent } from './event-log.ts';

export interface EventDraft<Name extends RecordedEventName = RecordedEventName> {
  readonly name: Name;
  readonly occurredAt: number;
  readonly taskId?: string;
  readonly step?: string | undefined;
  readonly attempt?: number | undefined;
  readonly causationId?: string | null;
  readonly spanId?: string | null;
  readonly parentSpanId?: string | null;
  readonly payload: PayloadOf<Name>;
}

/** The part of an event's body that is the same for every event of one task, serialised once. */
export type EncodedEnvelope = string & { readonly brand: 'EncodedEnvelope' };

export function encodeEnvelope(envelope: TaskEnvelope): EncodedEnvelope {
  return `${JSON.stringify(envelope).slice(1, -1)},` as EncodedEnvelope;
}

/** The inverse, for who tells of a task in process. */
export function decodeEnvelope(encoded: EncodedEnvelope): TaskEnvelope {
  return JSON.parse(`{${encoded.slice(0, -1)}}`) as TaskEnvelope;
}

const noEnvelope = '' as EncodedEnvelope;

/** The one door for events: whoever records a fact gets its id and its encoded body here. */
export function toNewEvent(draft: EventDraft, random: Random, envelope: EncodedEnvelope = noEnvelope): NewEvent {
  const entry = catalogEntry(draft.name);
  if (entry?.kind !== 'recorded') {
    throw new TaskerError('TASKER_INTERNAL', `'${draft.name}' is not a recorded event of the catalog`);
  }
  const own = JSON.stringify({
    causationId: draft.causationId ?? null,
    spanId: draft.spanId ?? null,
    parentSpanId: draft.parentSpanId ?? null,
    payload: draft.payload,
  });
  return {
    id: uuidV7(draft.occurredAt, random),
    name: draft.name,
    schemaVersion: entry.schemaVersion,
    occurredAt: draft.occurredAt,
    taskId: draft.taskId ?? null,
    step: draft.step ?? null,
    attempt: draft.attempt ?? null,
    body: `{${envelope}${own.slice(1)}`,
  };
}

/** The inverse, for readers: every one of them, so that old payloads are made new here and nowhere else. */
export function fromStored(
  stored: NewEvent & { readonly position: number },
  inTodaysWords: typeof upcast = upcast,
): RecordedEvent {
  const { body, ...columns } = stored;
  const event = {
    ...columns,
    ...(JSON.parse(body) as Pick<RecordedEvent, 'payload' | 'causationId' | 'spanId' | 'parentSpanId'>),
  };
  return inTodaysWords(event) as RecordedEvent;
}
