import type { JsonObject, JsonValue } from '../shared/json.ts';

/** Of one field, as JSON: enough for an id, a code or a short list, too little for a document. */
export const maxFieldBytes = 1024;

export interface PickedFields {
  /** Flat: keyed by the path as the template writes it. What is not there is left out. */
  readonly fields: JsonObject;
  /** Paths of fields that are there but larger than `maxFieldBytes`. */
  readonly omitted: readonly string[];
}

/** Applies an allow-list: the fields of `source` that may leave the task, and no others. */
export function pickFields(source: JsonObject, paths: readonly string[]): PickedFields {
  const fields: [string, JsonValue][] = [];
  const omitted: string[] = [];
  for (const path of new Set(paths)) {
    const value = fieldAt(source, path);
    if (value === undefined) continue;
    if (isSmall(value)) fields.push([path, value]);
    else omitted.push(path);
  }
  return { fields: Object.fromEntries(fields), omitted };
}

function isSmall(value: JsonValue): boolean {
  // Most fields are numbers and short strings, and this runs for every event of a step.
  if (typeof value !== 'object' && typeof value !== 'string') return true;
  return Buffer.byteLength(JSON.stringify(value)) <= maxFieldBytes;
}

function fieldAt(source: JsonObject, path: string): JsonValue | undefined {
  if (Object.hasOwn(source, path)) return source[path];
  let value: JsonValue | undefined = source;
  for (const part of path.split('.')) value = childOf(value, part);
  return value;
}

/** Own fields only: what a prototype or an array brings along is not the task's data. */
function childOf(value: JsonValue | undefined, part: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return /^\d+$/.test(part) ? value[Number(part)] : undefined;
  return Object.hasOwn(value, part) ? value[part] : undefined;
}
