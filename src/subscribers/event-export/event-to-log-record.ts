import { catalogEntry } from '../../events/catalog.ts';
import type { LoggedEvent } from '../../events/envelope.ts';
import { deepFreeze, type JsonObject, type JsonValue } from '../../shared/json.ts';
import type { LogRecord } from '../../signals/log-record.ts';

/** A fact as operators read it. Nothing that the event does not hold: what may leave a task was decided before it was recorded. */
export function eventToLogRecord(event: LoggedEvent): LogRecord {
  const entry = catalogEntry(event.name);
  const attributes: JsonObject = {};
  const give = (key: string, value: unknown): void => {
    if (value !== undefined && value !== null) attributes[key] = value as JsonValue;
  };
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
  give('tasker.business', event.business);
  give('tasker.payload', event.payload);
  return deepFreeze({
    timestampMs: event.occurredAt,
    severity: entry?.severity ?? 'info',
    eventName: event.name,
    body: entry?.meaning ?? event.name,
    traceId: event.traceId ?? null,
    spanId: event.spanId,
    attributes,
  });
}
