import { formatNames } from 'ajv-formats/dist/formats.js';

import { errorMessage } from '../shared/errors.ts';
import { isPlainObject, type JsonObject, type JsonValue } from '../shared/json.ts';
import { nearestName, suggestion } from './nearest-name.ts';
import { rubyPattern } from './ruby-pattern.ts';
import type { Path } from './template-node.ts';

export interface SchemaNote {
  readonly severity: 'error' | 'warning';
  /** From the schema's root. */
  readonly path: Path;
  readonly message: string;
}

export interface UpgradedSchema {
  readonly schema: JsonObject;
  readonly notes: readonly SchemaNote[];
}

const typeNames = ['null', 'boolean', 'object', 'array', 'number', 'integer', 'string'];
const schemaMaps = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies'];
const schemaLists = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const singleSchemas = [
  'additionalProperties',
  'unevaluatedProperties',
  'unevaluatedItems',
  'propertyNames',
  'items',
  'additionalItems',
  'contains',
  'not',
  'if',
  'then',
  'else',
];

/**
 * Rewrites what older drafts of JSON Schema say otherwise into draft 2020-12, so that one validator does for all.
 * Tasker's own validator (json-schema 2.8) reads draft 4 unless told otherwise, and forgives more than that.
 */
export function upgradeSchema(schema: JsonObject): UpgradedSchema {
  const notes: SchemaNote[] = [];
  const upgraded = upgrade(schema, [], notes);
  const dialect = schema['$schema'];
  delete upgraded['$schema'];
  if (dialect !== undefined && !isKnownDialect(dialect)) {
    const message = `expected a JSON Schema draft from 3 to 2020-12, got ${JSON.stringify(dialect)}`;
    notes.push({ severity: 'error', path: ['$schema'], message });
  }
  return { schema: upgraded, notes };
}

function isKnownDialect(dialect: JsonValue): boolean {
  return typeof dialect === 'string' && /^https?:\/\/json-schema\.org\/(?:schema|draft)/.test(dialect);
}

function upgrade(given: JsonObject, path: Path, notes: SchemaNote[]): JsonObject {
  const schema: JsonObject = { ...given };
  upgradeType(schema, path, notes);
  checkPatterns(schema, path, notes);
  checkFormat(schema, path, notes);
  upgradeBounds(schema);
  upgradeTuples(schema);
  for (const key of singleSchemas) visit(schema, key, path, notes);
  for (const key of schemaLists) {
    const schemas = schema[key];
    if (Array.isArray(schemas)) schema[key] = schemas.map((item, index) => inner(item, [...path, key, index], notes));
  }
  for (const key of schemaMaps) {
    const schemas = schema[key];
    if (!isPlainObject(schemas)) continue;
    const entries = Object.entries(schemas);
    schema[key] = Object.fromEntries(entries.map(([name, item]) => [name, inner(item, [...path, key, name], notes)]));
  }
  hoistRequired(schema, given, path, notes);
  // Draft 4 spelt it without the dollar; other drafts would refuse the keyword.
  if (typeof schema['id'] === 'string') delete schema['id'];
  // The validator's own invention, no JSON Schema: its answer would be a promise, which passes for a yes.
  delete schema['$async'];
  return schema;
}

function visit(schema: JsonObject, key: string, path: Path, notes: SchemaNote[]): void {
  const value = schema[key];
  if (value !== undefined) schema[key] = inner(value, [...path, key], notes);
}

function inner(value: JsonValue, path: Path, notes: SchemaNote[]): JsonValue {
  return isPlainObject(value) ? upgrade(value, path, notes) : value;
}

function upgradeType(schema: JsonObject, path: Path, notes: SchemaNote[]): void {
  const { type } = schema;
  if (type === undefined) return;
  const types = Array.isArray(type) ? type : [type];
  if (types.includes('any')) {
    delete schema['type'];
    return;
  }
  for (const name of types) {
    if (typeof name === 'string' && typeNames.includes(name)) continue;
    const got = typeof name === 'string' ? `'${name}'${suggestion(name, typeNames)}` : JSON.stringify(name);
    notes.push({
      severity: 'error',
      path: [...path, 'type'],
      message: `expected one of ${typeNames.join(', ')}, got ${got}`,
    });
  }
}

function checkPatterns(schema: JsonObject, path: Path, notes: SchemaNote[]): void {
  const { pattern, patternProperties } = schema;
  const keys = isPlainObject(patternProperties) ? Object.keys(patternProperties) : [];
  const found: [string, Path][] = keys.map((key) => [key, [...path, 'patternProperties', key]]);
  if (typeof pattern === 'string') found.push([pattern, [...path, 'pattern']]);
  for (const [source, at] of found) {
    try {
      rubyPattern(source, 'u');
    } catch (error) {
      notes.push({ severity: 'error', path: at, message: errorMessage(error) });
    }
  }
}

/** A format that nobody knows is an annotation and none of our business, unless it is a slip. */
function checkFormat({ format }: JsonObject, path: Path, notes: SchemaNote[]): void {
  if (typeof format !== 'string' || formatNames.some((name) => name === format)) return;
  const near = nearestName(format, formatNames);
  if (near === undefined) return;
  const message = `the format '${format}' is not known and not checked; did you mean '${near}'?`;
  notes.push({ severity: 'warning', path: [...path, 'format'], message });
}

/** Draft 4: `exclusiveMinimum: true` qualifies `minimum`. */
function upgradeBounds(schema: JsonObject): void {
  for (const [exclusive, bound] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    const value = schema[exclusive];
    if (typeof value !== 'boolean') continue;
    delete schema[exclusive];
    const limit = schema[bound];
    if (!value || limit === undefined) continue;
    schema[exclusive] = limit;
    delete schema[bound];
  }
}

/** Before 2020-12 a list of schemas by place was written as `items`, and the rest as `additionalItems`. */
function upgradeTuples(schema: JsonObject): void {
  const { items, additionalItems } = schema;
  if (!Array.isArray(items)) return;
  schema['prefixItems'] = items;
  delete schema['items'];
  delete schema['additionalItems'];
  if (additionalItems !== undefined) schema['items'] = additionalItems;
}

/** Draft 3: a property says of itself that it is required. */
function hoistRequired(schema: JsonObject, given: JsonObject, path: Path, notes: SchemaNote[]): void {
  const { properties } = given;
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : []);
  for (const [name, property] of Object.entries(isPlainObject(properties) ? properties : {})) {
    if (!isPlainObject(property) || typeof property['required'] !== 'boolean') continue;
    if (property['required']) required.add(name);
    const message = `a property does not say itself that it is required; read as draft 3 meant it, put '${name}' into the 'required' list of its object`;
    notes.push({ severity: 'warning', path: [...path, 'properties', name, 'required'], message });
  }
  if (typeof schema['required'] === 'boolean') delete schema['required'];
  if (required.size > 0) schema['required'] = [...required];
}
