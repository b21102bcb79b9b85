import { z } from 'zod';

import type { DirectoryEntry } from './event-directory.ts';

/** A field of a payload, in words. */
export interface PayloadField {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
}

/** JSON Schema. */
export function payloadSchema(entry: DirectoryEntry): Readonly<Record<string, unknown>> {
  if (entry.kind === 'custom') return entry.schema ?? { type: 'object', properties: {}, additionalProperties: false };
  const { $schema: _dialect, ...schema } = z.toJSONSchema(entry.payload) as Record<string, unknown>;
  return schema;
}

export function payloadFields(entry: DirectoryEntry): readonly PayloadField[] {
  const schema = payloadSchema(entry) as JsonSchema;
  return Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    name,
    type: typeOf(field),
    required: schema.required?.includes(name) ?? false,
  }));
}

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

function typeOf(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' | ');
  if (schema.type === 'array') {
    const item = typeOf(schema.items ?? {});
    return item.includes('|') ? `(${item})[]` : `${item}[]`;
  }
  if (schema.type !== 'object' || schema.properties === undefined) return [schema.type ?? 'JSON'].flat().join(' | ');
  const fields = Object.entries(schema.properties).map(
    ([name, field]) => `${name}${schema.required?.includes(name) === true ? '' : '?'}: ${typeOf(field)}`,
  );
  return `{ ${fields.join('; ')} }`;
}
