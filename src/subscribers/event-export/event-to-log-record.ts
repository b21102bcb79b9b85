import { catalogEntry } from '../../events/catalog.ts';
import type { LoggedEvent } from '../../events/envelope.ts';
import { deepFreeze, type JsonObject } from '../../shared/json.ts';
import type { LogRecord } from '../../signals/log-record.ts';

/** A fact as operators read it. Nothing that the event does not hold: what may leave a task was decided before it was recorded. */
export function eventToLogRecord(event: LoggedEvent): LogRecord {
  const entry = catalogEntry(event.name);
  const attributes = {
    'tasker.event.id': event.id,
    'tasker.event.position': event.position,
    'tasker.event.schema_version': event.schemaVersion,
    'tasker.event.attempt_failed': 'attemptFailed' in event ? event.attemptFailed : undefined,
    'tasker.task.namespace': event.namespace,
    'tasker.task.name': event.taskName,
    'tasker.task.version': event.version,
    'tasker.task.id': event.taskId,
    'tasker.step.name': event.step,
    'tasker.step.attempt': event.attempt,
    'tasker.correlation_id': event.correlationId,
    'tasker.causation_id': event.causationId,
    'tasker.business': event.business,
    'tasker.payload': event.payload,
  };
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined && value !== null);
  return deepFreeze({
    timestampMs: event.occurredAt,
    severity: entry?.severity ?? 'info',
    eventName: event.name,
    body: entry?.meaning ?? event.name,
    traceId: event.traceId ?? null,
    spanId: event.spanId,
    attributes: Object.fromEntries(given) as JsonObject,
  });
}
