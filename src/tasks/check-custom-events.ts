import { isDeepStrictEqual } from 'node:util';

import { customName, customNameProblem } from '../events/custom-events.ts';
import { isPlainObject } from '../shared/json.ts';
import { compilePayloadSchema } from './custom-event-schema.ts';
import { locate, type Path, type TemplateNode } from './template-node.ts';
import type { ProblemList } from './template-problem.ts';
import type { CustomEventValues, TemplateValues } from './template-schema.ts';

interface Declared {
  readonly event: CustomEventValues;
  readonly path: Path;
}

/** Names and schemas of the events that a template declares, at both levels. */
export function checkCustomEvents(values: TemplateValues, root: TemplateNode, problems: ProblemList): void {
  const seen = new Map<string, Declared>();
  for (const declared of declaredIn(values)) {
    const { event, path } = declared;
    const name = event.name ?? '';
    const at = [...path, 'name'];
    const problem = customNameProblem(name);
    if (problem !== null) {
      problems.error(locate(root, at), at, problem);
      continue;
    }
    const earlier = seen.get(customName(name));
    if (earlier === undefined) seen.set(customName(name), declared);
    else checkAgain(declared, earlier, root, problems);
    checkSchema(declared, root, problems);
  }
}

function declaredIn(values: TemplateValues): Declared[] {
  const at = (events: readonly CustomEventValues[] | undefined, path: Path): Declared[] =>
    (events ?? []).map((event, index) => ({ event, path: [...path, 'custom_events', index] }));
  const ofSteps = (values.step_templates ?? []).map((step, index) => at(step.custom_events, ['step_templates', index]));
  return [...at(values.custom_events, []), ...ofSteps.flat()];
}

/** Several steps may publish the same event; readers must be able to tell what is in it. */
function checkAgain({ event, path }: Declared, earlier: Declared, root: TemplateNode, problems: ProblemList): void {
  const sameList =
    path.length === earlier.path.length && path.slice(0, -1).every((part, i) => part === earlier.path[i]);
  if (sameList) {
    problems.error(locate(root, [...path, 'name']), [...path, 'name'], `'${event.name}' is declared twice`);
  } else if (!isDeepStrictEqual(event.schema, earlier.event.schema)) {
    const message = `'${event.name}' is declared elsewhere in this template with another schema; an event has one`;
    problems.error(locate(root, path), path, message);
  }
}

function checkSchema({ event: { name, schema }, path }: Declared, root: TemplateNode, problems: ProblemList): void {
  if (schema === undefined) {
    const message = `'${name}' has no schema, so it carries no payload: the schema is the list of what may leave the task. Write 'schema: {}' if it is to carry none`;
    problems.warning(locate(root, path), path, message);
    return;
  }
  const at = [...path, 'schema'];
  if (!isPlainObject(schema)) {
    problems.error(locate(root, at), at, 'expected a JSON Schema of an object');
    return;
  }
  const { type } = schema;
  if (type !== undefined && type !== 'object')
    problems.error(locate(root, [...at, 'type']), [...at, 'type'], "expected 'object': a payload is one");
  for (const { severity, path: within, message } of compilePayloadSchema(schema).notes) {
    const whole = [...at, ...within];
    problems[severity](locate(root, whole), whole, message);
  }
}
