import type { ErrorObject } from 'ajv/dist/2020.js';

import { isPlainObject } from '../shared/json.ts';
import { fromPointer } from './json-schema.ts';
import { formatPath } from './template-node.ts';

/** One thing about a value that its schema does not allow. */
export interface SchemaMismatch {
  /** `items[2].quantity`; the whole is named by what it is: `context`, `payload`. */
  readonly path: string;
  /** What was expected, and the type of what came: never its value, which may be a person's. */
  readonly message: string;
}

export function describeMismatch(error: ErrorObject, whole: string): SchemaMismatch {
  const params: Record<string, unknown> = error.params;
  const path = fromPointer(error.instancePath);
  const name = (extra?: unknown): string =>
    formatPath(typeof extra === 'string' ? [...path, extra.slice(0, 64)] : path) || whole;
  const got = typeName(error.data);
  switch (error.keyword) {
    case 'required':
      return { path: name(params['missingProperty']), message: 'required, but missing' };
    case 'additionalProperties':
      return { path: name(params['additionalProperty']), message: 'expected no such field' };
    case 'unevaluatedProperties':
      return { path: name(params['unevaluatedProperty']), message: 'expected no such field' };
    case 'type':
      return { path: name(), message: `expected ${[params['type']].flat().join(' or ')}, got ${got}` };
    case 'enum':
      return {
        path: name(),
        message: `expected one of ${JSON.stringify(params['allowedValues'])}, got another ${got}`,
      };
    case 'const':
      return { path: name(), message: `expected ${JSON.stringify(params['allowedValue'])}, got another ${got}` };
    case 'format':
      return { path: name(), message: `expected a string of format ${String(params['format'])}, got another ${got}` };
    default:
      // The validator's other messages quote the schema alone.
      return { path: name(), message: `${error.message ?? 'is not valid'}, got ${got}` };
  }
}

export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value === 'object' && !isPlainObject(value) ? 'an object that is not plain' : typeof value;
}
