import type { DeepReadonly, JsonObject, JsonValue } from '../../shared/json.ts';

/**
 * Masks the values of keys that have one of the parameters in them, at every depth. A second net: what may leave a task
 * at all is decided by the template's lists before anything is recorded.
 */
export function parameterFilter(
  parameters: readonly string[],
  mask: string,
): (fields: DeepReadonly<JsonObject>) => JsonObject {
  const hidden = parameters.map((parameter) => parameter.toLowerCase()).filter((parameter) => parameter !== '');
  const isHidden = (key: string): boolean => {
    const lower = key.toLowerCase();
    return hidden.some((parameter) => lower.includes(parameter));
  };
  const walk = (value: DeepReadonly<JsonValue>): JsonValue => {
    if (Array.isArray(value)) return value.map((item) => walk(item as JsonValue));
    return typeof value === 'object' && value !== null ? object(value as JsonObject) : value;
  };
  const object = (fields: DeepReadonly<JsonObject>): JsonObject =>
    Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [key, isHidden(key) ? mask : walk(value as JsonValue)]),
    );
  return object;
}
