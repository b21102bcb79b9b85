import { catalogEntry, type PayloadOf, type RecordedEventName } from '../events/catalog.ts';
import { type CustomEventName, isCustomName } from '../events/custom-events.ts';
import type { LoggedEvent, RecordedEvent, TaskEnvelope } from '../events/envelope.ts';
import type { JsonObject } from '../shared/json.ts';
import { upcast } from '../events/upcast.ts';
import { TaskerError } from '../shared/errors.ts';
import { type Random, uuidV7 } from '../shared/ids.ts';
import type { NewEvent } from './event-log.ts';

export interface EventDraft<Name extends RecordedEventName = RecordedEventName> extends DraftEnvelope {
  readonly name: Name;
  readonly payload: PayloadOf<Name>;
}

/** Each with its own payload: the name tells which it is. */
export type EachDraft<Name extends RecordedEventName = RecordedEventName> = {
  readonly [Each in Name]: EventDraft<Each>;
}[Name];

export interface CustomEventDraft extends DraftEnvelope {
  readonly name: CustomEventName;
  /** Checked against its declaration. */
  readonly payload: JsonObject;
  readonly attemptFailed: boolean;
}

interface DraftEnvelope {
  readonly occurredAt: number;
  readonly taskId?: string;
  readonly step?: string | undefined;
  readonly attempt?: number | undefined;
  readonly causationId?: string | null;
  readonly spanId?: string | null;
  readonly parentSpanId?: string | null;
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
export function toNewEvent(
  draft: EventDraft | CustomEventDraft,
  random: Random,
  envelope: EncodedEnvelope = noEnvelope,
): NewEvent {
  const own = JSON.stringify({
    causationId: draft.causationId ?? null,
    spanId: draft.spanId ?? null,
    parentSpanId: draft.parentSpanId ?? null,
    ...('attemptFailed' in draft && { attemptFailed: draft.attemptFailed }),
    payload: draft.payload,
  });
  return {
    id: uuidV7(draft.occurredAt, random),
    name: draft.name,
    schemaVersion: versionOf(draft.name),
    occurredAt: draft.occurredAt,
    taskId: draft.taskId ?? null,
    step: draft.step ?? null,
    attempt: draft.attempt ?? null,
    body: `{${envelope}${own.slice(1)}`,
  };
}

function versionOf(name: string): number {
  // The users' own have the version of the template that declares them, which the envelope tells.
  if (isCustomName(name)) return 1;
  const entry = catalogEntry(name);
  if (entry?.kind === 'recorded') return entry.schemaVersion;
  throw new TaskerError('TASKER_INTERNAL', `'${name}' is not a recorded event of the catalog`);
}

/** The inverse, for readers: every one of them, so that old payloads are made new here and nowhere else. */
export function fromStored(
  stored: NewEvent & { readonly position: number },
  inTodaysWords: typeof upcast = upcast,
): LoggedEvent {
  const { body, ...columns } = stored;
  const event = {
    ...columns,
    ...(JSON.parse(body) as Pick<RecordedEvent, 'payload' | 'causationId' | 'spanId' | 'parentSpanId'>),
  };
  return inTodaysWords(event) as LoggedEvent;
}
