import type { LoggedEvent } from '../../events/envelope.ts';
import type { PublicErrorFields } from '../../events/payload-parts.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import type { SpanAttributes, SpanValue } from '../../signals/span.ts';

/** What every span says of its task. */
export function taskAttributes(event: LoggedEvent): SpanAttributes {
  return given({
    'tasker.task.id': event.taskId,
    'tasker.task.namespace': event.namespace,
    'tasker.task.name': event.taskName,
    'tasker.task.version': event.version,
    'tasker.correlation_id': event.correlationId,
  });
}

export function stepAttributes(event: LoggedEvent): SpanAttributes {
  return given({ ...taskAttributes(event), 'tasker.step.name': event.step, 'tasker.step.attempt': event.attempt });
}

/** Named fields, each an attribute of its own under the prefix. */
export function fieldAttributes(prefix: string, fields: JsonObject | undefined): SpanAttributes {
  return given(
    Object.fromEntries(
      Object.entries(fields ?? {}).map(([name, value]) => [`${prefix}.${name}`, spanValue(value)] as const),
    ),
  );
}

/** Of an error nothing but what was recorded of it; `error.type` has few values, so that it can be counted by. */
export function errorAttributes(errorType: string, error: PublicErrorFields): SpanAttributes {
  return given({
    'error.type': errorType,
    'tasker.error.class': error.type,
    'tasker.error.code': error.code,
    'tasker.error.status': error.status,
  });
}

export function given(values: Readonly<Record<string, SpanValue | null | undefined>>): SpanAttributes {
  const attributes: Record<string, SpanValue> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined) attributes[name] = value;
  }
  return attributes;
}

/** Lists of one kind stay lists; what else is not simple is written as JSON. */
function spanValue(value: JsonValue): SpanValue | null {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    for (const kind of ['string', 'number', 'boolean'] as const) {
      if (value.every((item) => typeof item === kind)) return value as readonly string[];
    }
  }
  return JSON.stringify(value);
}
