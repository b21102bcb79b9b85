import { isPlainObject, type JsonObject, type JsonValue } from '../shared/json.ts';
import type { SchemaNote } from './upgrade-schema.ts';
import type { Path } from './template-node.ts';

/** Keywords whose schemas speak of the same value; those that speak of a part of it are closed each by itself. */
const inPlace = ['allOf', 'anyOf', 'oneOf'] as const;
const inPlaceSingle = ['not', 'if', 'then', 'else'] as const;
const inPlaceMaps = ['$defs', 'definitions', 'dependentSchemas'] as const;
const parts = ['items', 'additionalItems', 'contains', 'additionalProperties', 'unevaluatedProperties'] as const;

/**
 * A JSON Schema (2020-12) as an allow-list: at every depth, fields and items that it does not name are refused, also
 * where its author forgot to say so. `unevaluatedProperties` sees through `allOf` and `$ref`, which
 * `additionalProperties` does not.
 */
export function closeSchema(schema: JsonObject): {
  readonly schema: JsonObject;
  readonly notes: readonly SchemaNote[];
} {
  const notes: SchemaNote[] = [];
  return { schema: { ...closeValue(schema, [], notes), type: 'object' }, notes };
}

function closeValue(given: JsonObject, path: Path, notes: SchemaNote[]): JsonObject {
  const schema = closeParts(given, path, notes);
  for (const key of ['additionalProperties', 'unevaluatedProperties'] as const) {
    if (schema[key] !== true) continue;
    const message = `expected no '${key}: true': the schema is the list of what may leave the task; name the fields`;
    notes.push({ severity: 'error', path: [...path, key], message });
  }
  return { unevaluatedProperties: false, unevaluatedItems: false, ...schema };
}

function closeParts(given: JsonObject, path: Path, notes: SchemaNote[]): JsonObject {
  const schema: JsonObject = { ...given };
  for (const key of ['properties', 'patternProperties'] as const) {
    const children = schema[key];
    if (!isPlainObject(children)) continue;
    schema[key] = mapValues(children, (child, name) => closeAny(child, [...path, key, name], notes));
  }
  for (const key of parts) {
    const child = schema[key];
    if (isPlainObject(child)) schema[key] = closeValue(child, [...path, key], notes);
  }
  const { prefixItems } = schema;
  if (Array.isArray(prefixItems))
    schema['prefixItems'] = prefixItems.map((child, index) => closeAny(child, [...path, 'prefixItems', index], notes));
  for (const key of inPlace) {
    const children = schema[key];
    if (Array.isArray(children))
      schema[key] = children.map((child, index) => openAny(child, [...path, key, index], notes));
  }
  for (const key of inPlaceSingle) {
    const child = schema[key];
    if (child !== undefined) schema[key] = openAny(child, [...path, key], notes);
  }
  for (const key of inPlaceMaps) {
    const children = schema[key];
    if (isPlainObject(children))
      schema[key] = mapValues(children, (child, name) => openAny(child, [...path, key, name], notes));
  }
  return schema;
}

/** `true` stands for any value: closed, for one without fields and items. */
function closeAny(child: JsonValue, path: Path, notes: SchemaNote[]): JsonValue {
  if (child === true) return closeValue({}, path, notes);
  return isPlainObject(child) ? closeValue(child, path, notes) : child;
}

function openAny(child: JsonValue, path: Path, notes: SchemaNote[]): JsonValue {
  return isPlainObject(child) ? closeParts(child, path, notes) : child;
}

function mapValues(object: JsonObject, change: (value: JsonValue, key: string) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]));
}
