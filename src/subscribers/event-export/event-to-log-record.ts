import { catalogEntry } from '../../events/catalog.ts';
import type { LoggedEvent } from '../../events/envelope.ts';
import type { DeepReadonly, JsonObject, JsonValue } from '../../shared/json.ts';
import type { LogRecord, LogSeverity } from '../../signals/log-record.ts';

/** How a fact is told, where that is not as it was recorded. */
export interface Telling {
  /** `tasker.type`. */
  readonly type: string;
  readonly severity: LogSeverity;
  /** Fields as they may be shown. */
  readonly shown: (fields: DeepReadonly<JsonObject>) => DeepReadonly<JsonObject>;
}

/**
 * A fact as operators read it. Nothing that the event does not hold: what may leave a task was decided before it was
 * recorded. What is inside is the event's own, which is frozen.
 */
export function eventToLogRecord(event: LoggedEvent, telling: Telling | null = null): LogRecord {
  const entry = catalogEntry(event.name);
  const attributes: JsonObject = {};
  const give = (key: string, value: unknown): void => {
    if (value !== undefined && value !== null) attributes[key] = value as JsonValue;
  };
  const fields = (key: string, value: DeepReadonly<JsonObject> | undefined): void => {
    if (value !== undefined) give(key, telling === null ? value : telling.shown(value));
  };
  if (telling !== null) attributes['tasker.type'] = telling.type;
  give('tasker.event.id', event.id);
  give('tasker.event.position', event.position);
  give('tasker.event.schema_version', event.schemaVersion);
  if ('attemptFailed' in event) give('tasker.event.attempt_failed', event.attemptFailed);
  give('tasker.task.namespace', event.namespace);
  give('tasker.task.name', event.taskName);
  give('tasker.task.version', event.version);
  give('tasker.task.id', event.taskId);
  give('tasker.step.name', event.step);
  give('tasker.step.attempt', event.attempt);
  give('tasker.correlation_id', event.correlationId);
  give('tasker.causation_id', event.causationId);
  fields('tasker.business', event.business);
  fields('tasker.payload', event.payload as DeepReadonly<JsonObject>);
  return {
    timestampMs: event.occurredAt,
    severity: telling?.severity ?? entry?.severity ?? 'info',
    eventName: event.name,
    body: entry?.meaning ?? event.name,
    traceId: event.traceId ?? null,
    spanId: event.spanId,
    attributes,
  };
}
