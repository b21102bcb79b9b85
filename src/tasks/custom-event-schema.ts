import { isDeepStrictEqual } from 'node:util';

import { customName, type CustomEventName } from '../events/custom-events.ts';
import { isPlainObject, type JsonObject } from '../shared/json.ts';
import { TaskerError } from '../shared/errors.ts';
import { closeSchema } from './closed-schema.ts';
import { describeMismatch } from './schema-mismatch.ts';
import { compileJsonSchema, type CompiledSchema } from './json-schema.ts';
import { suggestion } from './nearest-name.ts';
import { type CustomEventDeclaration, fullTaskName, type TaskTemplate } from './template.ts';
import { type SchemaNote, upgradeSchema } from './upgrade-schema.ts';

/** What a handler published, checked: plain, frozen JSON with declared fields alone. */
export interface CheckedEvent {
  readonly name: CustomEventName;
  readonly payload: JsonObject;
}

/** @throws TaskerError `TASKER_EVENT_REFUSED` for a name that the step may not publish, or a payload that does not fit. */
export type EventCheck = (step: string, name: string, payload: unknown) => CheckedEvent;

/** The schema of a payload as an allow-list. Without a schema nothing may be in it. */
export function compilePayloadSchema(schema: JsonObject | undefined): CompiledSchema {
  const { schema: upgraded, notes } = upgradeSchema(schema ?? {});
  const closed = closeSchema(upgraded);
  const found = [...notes, ...closed.notes];
  if (found.some(({ severity }) => severity === 'error')) return { validate: null, notes: found };
  const { validate, notes: compiling } = compileJsonSchema(closed.schema);
  // Upgrading what is upgraded already says the same again.
  const isNew = (note: SchemaNote): boolean => !found.some((other) => isDeepStrictEqual(other, note));
  return { validate, notes: [...found, ...compiling.filter(isNew)] };
}

/** The check of what a template's handlers publish: each step its own events and the task's. Compiled when first used. */
export function compileCustomEvents(template: TaskTemplate): EventCheck {
  const compiled = new Map<CustomEventDeclaration, CompiledSchema>();
  const declaredByStep = new Map(
    template.steps.map((step) => {
      const both = [...template.customEvents, ...step.customEvents];
      return [step.name, new Map(both.map((declared) => [customName(declared.name), declared]))];
    }),
  );
  return (step, name, payload = {}) => {
    const declared = declaredByStep.get(step) ?? new Map<CustomEventName, CustomEventDeclaration>();
    const full = customName(name);
    const declaration = declared.get(full);
    const refuse = (why: string): never => {
      throw new TaskerError('TASKER_EVENT_REFUSED', `Event '${name}' of step '${step}' was not published: ${why}`, {
        details: { event: name, step },
      });
    };
    if (declaration === undefined) {
      const known = [...declared.values()].map((each) => each.name);
      const which = known.length === 0 ? 'it declares none' : `declared are ${known.join(', ')}`;
      return refuse(`${fullTaskName(template)} does not declare it for this step${suggestion(name, known)}; ${which}.`);
    }
    const plain = toPlain(payload) ?? refuse('expected a payload that is a plain JSON object.');
    let schema = compiled.get(declaration);
    if (schema === undefined) {
      schema = compilePayloadSchema(isPlainObject(declaration.schema) ? declaration.schema : undefined);
      compiled.set(declaration, schema);
    }
    if (schema.validate === null) return refuse('its schema cannot be used.');
    if (!schema.validate(plain)) {
      const problems = (schema.validate.errors ?? []).map((error) => describeMismatch(error, 'payload'));
      const told = [...new Set(problems.map(({ path, message }) => `${path}: ${message}`))];
      return refuse(`its payload does not fit its schema: ${told.slice(0, 20).join('; ')}.`);
    }
    return { name: full, payload: plain };
  };
}

/** As JSON would carry it; a copy, so that the handler may go on with its own. null: it is no object. */
function toPlain(payload: unknown): JsonObject | null {
  try {
    const plain: unknown = JSON.parse(JSON.stringify(payload) ?? 'null');
    return isPlainObject(plain) ? (plain as JsonObject) : null;
  } catch {
    return null;
  }
}
