import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

import { errorMessage } from '../shared/errors.ts';
import { isPlainObject, type JsonObject } from '../shared/json.ts';
import { rubyPattern } from './ruby-pattern.ts';
import type { Path } from './template-node.ts';
import { upgradeSchema, type SchemaNote } from './upgrade-schema.ts';

export interface CompiledSchema {
  /** null when the notes have an error. Fills the schema's defaults into what it validates. */
  readonly validate: ValidateFunction | null;
  readonly notes: readonly SchemaNote[];
}

let shared: Ajv2020 | undefined;

function validator(): Ajv2020 {
  if (shared !== undefined) return shared;
  shared = new Ajv2020({
    strict: false,
    useDefaults: true,
    allErrors: true,
    // Two templates may use one $id.
    addUsedSchema: false,
    logger: false,
    // The data is needed to say what type came instead.
    verbose: true,
    // Otherwise every object would have a field `constructor`.
    ownProperties: true,
    // The name is for schemas compiled to source text, which these are not.
    code: { regExp: Object.assign(rubyPattern, { code: 'rubyPattern' }) },
  });
  // The types describe a module's namespace, whose default is the plug-in; at run time it is both.
  addFormats.default(shared);
  return shared;
}

export function compileJsonSchema(given: JsonObject): CompiledSchema {
  const { schema, notes } = upgradeSchema(given);
  if (notes.some((note) => note.severity === 'error')) return { validate: null, notes };
  const ajv = validator();
  try {
    if (ajv.validateSchema(schema) !== true) return { validate: null, notes: [...notes, ...schemaNotes(ajv.errors)] };
    const validate = ajv.compile(schema);
    // Compiled schemas are cached by identity for ever; this one is the caller's to keep.
    ajv.removeSchema(schema);
    return { validate, notes };
  } catch (error) {
    const message = `this JSON Schema cannot be compiled: ${errorMessage(error)}`;
    const path = error instanceof Ajv2020.MissingRefError ? findReference(given, error.missingRef) : undefined;
    return { validate: null, notes: [...notes, { severity: 'error', path: path ?? [], message }] };
  }
}

function findReference(value: unknown, reference: string): Path | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, child] of Object.entries(value)) {
    if (key === '$ref' && child === reference && isPlainObject(value)) return [key];
    const below = findReference(child, reference);
    if (below !== undefined) return [key, ...below];
  }
  return undefined;
}

/** The meta-schema answers one mistake with a handful of errors; the deepest one names the place. */
function schemaNotes(errors: readonly ErrorObject[] | null | undefined): SchemaNote[] {
  const places = new Map<string, string[]>();
  for (const { instancePath, message = 'is not valid' } of errors ?? []) {
    places.set(instancePath, [...(places.get(instancePath) ?? []), message]);
  }
  const all = [...places.keys()];
  const deepest = all.filter((place) => !all.some((other) => other.startsWith(`${place}/`)));
  return deepest.map((place) => ({
    severity: 'error',
    path: fromPointer(place),
    message: `this is not JSON Schema: it ${[...new Set(places.get(place))].join(', or ')}`,
  }));
}

/** RFC 6901. */
export function fromPointer(pointer: string): Path {
  if (pointer === '') return [];
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replace(/~1/g, '/').replace(/~0/g, '~'))
    .map((part) => (/^(?:0|[1-9]\d*)$/.test(part) ? Number(part) : part));
}
