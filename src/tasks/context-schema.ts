import type { ErrorObject } from 'ajv/dist/2020.js';

import { TaskerError } from '../shared/errors.ts';
import { isPlainObject, type JsonObject } from '../shared/json.ts';
import { compileJsonSchema, fromPointer } from './json-schema.ts';
import { formatPath } from './template-node.ts';
import { fullTaskName, type TaskTemplate } from './template.ts';

export interface ContextProblem {
  /** `items[2].quantity`; `context` for the whole. */
  readonly path: string;
  /** What was expected, and the type of what came: never its value, which may be a person's. */
  readonly message: string;
}

export type ContextCheck = (
  context: unknown,
) =>
  | { readonly ok: true; readonly context: JsonObject }
  | { readonly ok: false; readonly problems: readonly ContextProblem[] };

const maxProblems = 20;

/** The check of a template's contexts. It works on a copy, into which the schema's defaults are filled. */
export function compileContextSchema(
  template: Pick<TaskTemplate, 'namespace' | 'name' | 'version' | 'schema'>,
): ContextCheck {
  const validate = template.schema === null ? undefined : compile(template, template.schema);
  return (given) => {
    if (!isPlainObject(given))
      return refuse([{ path: 'context', message: `expected an object, got ${typeName(given)}` }]);
    let context: JsonObject;
    try {
      context = structuredClone(given) as JsonObject;
    } catch {
      return refuse([{ path: 'context', message: 'expected plain JSON' }]);
    }
    if (validate === undefined || validate(context)) return { ok: true, context };
    const problems = (validate.errors ?? []).map(describe);
    return refuse(problems.filter((problem, index) => problems.findIndex((other) => isSame(other, problem)) === index));
  };
}

function compile(template: Pick<TaskTemplate, 'namespace' | 'name' | 'version'>, schema: JsonObject) {
  const { validate, notes } = compileJsonSchema(schema);
  if (validate !== null) return validate;
  const reasons = notes.map((note) => `${formatPath(['schema', ...note.path])}: ${note.message}`);
  const message = `The context schema of ${fullTaskName(template)} cannot be used: ${reasons.join('; ')}`;
  throw new TaskerError('TASKER_TEMPLATE_INVALID', message);
}

function refuse(problems: readonly ContextProblem[]): {
  readonly ok: false;
  readonly problems: readonly ContextProblem[];
} {
  return { ok: false, problems: problems.slice(0, maxProblems) };
}

function isSame(a: ContextProblem, b: ContextProblem): boolean {
  return a.path === b.path && a.message === b.message;
}

function describe(error: ErrorObject): ContextProblem {
  const params: Record<string, unknown> = error.params;
  const path = fromPointer(error.instancePath);
  const name = (extra?: unknown): string =>
    formatPath(typeof extra === 'string' ? [...path, extra.slice(0, 64)] : path) || 'context';
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

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value === 'object' && !isPlainObject(value) ? 'an object that is not plain' : typeof value;
}
