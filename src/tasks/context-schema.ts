import { TaskerError } from '../shared/errors.ts';
import { isPlainObject, type JsonObject } from '../shared/json.ts';
import { compileJsonSchema } from './json-schema.ts';
import { describeMismatch, type SchemaMismatch, typeName } from './schema-mismatch.ts';
import { formatPath } from './template-node.ts';
import { fullTaskName, type TaskTemplate } from './template.ts';

export type ContextProblem = SchemaMismatch;

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
    const problems = (validate.errors ?? []).map((error) => describeMismatch(error, 'context'));
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
