import { isDeepStrictEqual } from 'node:util';

import { customName } from '../events/custom-events.ts';
import type { CustomEntry } from '../events/event-directory.ts';
import { TaskerError } from '../shared/errors.ts';
import { isPlainObject } from '../shared/json.ts';
import { type CustomEventDeclaration, fullTaskName, type TaskTemplate } from './template.ts';

/**
 * The events that templates declare, each once. Versions of one task may differ in what an event carries; of two tasks
 * that may not, for a reader sees one name.
 *
 * @throws TaskerError `TASKER_CONFIG_INVALID`.
 */
export function declaredEvents(templates: readonly TaskTemplate[]): CustomEntry[] {
  const entries = new Map<string, CustomEntry & { readonly task: string }>();
  for (const template of templates) {
    const task = `${template.namespace}.${template.name}`;
    for (const { event, step } of declarations(template)) {
      const name = customName(event.name);
      const by = step === null ? fullTaskName(template) : `step '${step}' of ${fullTaskName(template)}`;
      const schema = isPlainObject(event.schema) ? event.schema : null;
      const earlier = entries.get(name);
      if (earlier !== undefined && earlier.task !== task && !isDeepStrictEqual(earlier.schema, schema)) {
        throw new TaskerError(
          'TASKER_CONFIG_INVALID',
          `The event '${event.name}' is declared by ${earlier.firedBy} and with another schema by ${by}. Give one of them another name.`,
        );
      }
      const examples = schema?.['examples'];
      entries.set(name, {
        kind: 'custom',
        name,
        meaning: event.description || (earlier?.meaning ?? ''),
        severity: 'info',
        firedBy: earlier === undefined ? by : `${earlier.firedBy}, ${by}`,
        schemaVersion: 1,
        schema,
        example: Array.isArray(examples) ? (examples[0] ?? null) : null,
        task,
      });
    }
  }
  return [...entries.values()].map(({ task: _task, ...entry }) => entry);
}

function declarations(template: TaskTemplate): { event: CustomEventDeclaration; step: string | null }[] {
  return [
    ...template.customEvents.map((event) => ({ event, step: null })),
    ...template.steps.flatMap(({ name, customEvents }) => customEvents.map((event) => ({ event, step: name }))),
  ];
}
