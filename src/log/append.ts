import { catalogEntry, type PayloadOf, type RecordedEventName } from '../events/catalog.ts';
import { type CustomEventName, isCustomName } from '../events/custom-events.ts';
import type { CustomEvent, LoggedEvent, RecordedEvent } from '../events/envelope.ts';
import { deepFreeze, type JsonObject } from '../shared/json.ts';
import { upcast } from '../events/upcast.ts';
import { TaskerError } from '../shared/errors.ts';
import { type Random, uuidV7 } from '../shared/ids.ts';
import type { EncodedEnvelope } from './encoded-envelope.ts';
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

/** The one door for events: whoever records a fact gets its id and its encoded body here. */
export function toNewEvent(draft: EventDraft | CustomEventDraft, random: Random, envelope?: EncodedEnvelope): NewEvent {
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
    body: `{${envelope?.text ?? ''}${own.slice(1)}`,
    parts: { envelope: envelope ?? null, own },
  };
}

function versionOf(name: string): number {
  // The users' own have the version of the template that declares them, which the envelope tells.
  if (isCustomName(name)) return 1;
  const entry = catalogEntry(name);
  if (entry?.kind === 'recorded') return entry.schemaVersion;
  throw new TaskerError('TASKER_INTERNAL', `'${name}' is not a recorded event of the catalog`);
}

/** What an event says of itself alone; what it says of its task stands beside it. */
type OwnBody = Pick<RecordedEvent, 'payload' | 'causationId' | 'spanId' | 'parentSpanId'> &
  Partial<Pick<CustomEvent, 'attemptFailed'>>;

/** The inverse, for readers: every one of them, so that old payloads are made new here and nowhere else. */
export function fromStored(
  { body, parts: _parts, ...columns }: NewEvent & { readonly position: number },
  inTodaysWords: typeof upcast = upcast,
): LoggedEvent {
  return inTodaysWords({ ...columns, ...(JSON.parse(body) as OwnBody) }) as LoggedEvent;
}

/** The same in the process that has just recorded it: what all events of a task say of it is parsed once, and shared. Frozen all through. */
export function fromCommitted(stored: NewEvent, position: number): LoggedEvent {
  const { id, name, schemaVersion, occurredAt, taskId, step, attempt, parts } = stored;
  if (parts === undefined) return deepFreeze(fromStored({ ...stored, position })) as LoggedEvent;
  const { causationId, spanId, parentSpanId, payload, attemptFailed } = JSON.parse(parts.own) as OwnBody;
  const event = {
    // First: an object that is spread into a new one is copied at once, into another one member by member.
    ...parts.envelope?.parsed,
    id,
    name,
    schemaVersion,
    occurredAt,
    taskId,
    step,
    attempt,
    position,
    causationId,
    spanId,
    parentSpanId,
    payload,
  };
  deepFreeze(payload);
  return Object.freeze(attemptFailed === undefined ? event : { ...event, attemptFailed }) as LoggedEvent;
}
