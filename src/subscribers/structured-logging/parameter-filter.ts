import type { DeepReadonly, JsonObject, JsonValue } from '../../shared/json.ts';

const mostKeys = 10_000;

/**
 * Masks the values of keys that have one of the parameters in them, at every depth. A second net: what may leave a task
 * at all is decided by the template's lists before anything is recorded.
 */
export function parameterFilter(
  parameters: readonly string[],
  mask: string,
): (fields: DeepReadonly<JsonObject>) => JsonObject {
  const hidden = parameters.map((parameter) => parameter.toLowerCase()).filter((parameter) => parameter !== '');
  // The same few keys come again with every event.
  const judged = new Map<string, boolean>();
  const isHidden = (key: string): boolean => {
    let is = judged.get(key);
    if (is === undefined) {
      const lower = key.toLowerCase();
      is = hidden.some((parameter) => lower.includes(parameter));
      if (judged.size < mostKeys) judged.set(key, is);
    }
    return is;
  };
  const walk = (value: DeepReadonly<JsonValue>): JsonValue => {
    if (Array.isArray(value)) return value.map((item) => walk(item as JsonValue));
    return typeof value === 'object' && value !== null ? object(value as JsonObject) : value;
  };
  const object = (fields: DeepReadonly<JsonObject>): JsonObject => {
    const shown: JsonObject = {};
    for (const key of Object.keys(fields)) {
      const value = fields[key];
      if (value !== undefined) set(shown, key, isHidden(key) ? mask : walk(value));
    }
    return shown;
  };
  return object;
}

/** Also under a name that an object has a meaning of its own for. */
function set(target: JsonObject, key: string, value: JsonValue): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true });
  else target[key] = value;
}
