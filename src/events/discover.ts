import { z } from 'zod';

import { catalog, type CatalogEntry, catalogEntry } from './catalog.ts';
import { withoutAlias } from './pattern.ts';

/** A field of a payload, in words. */
export interface PayloadField {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
}

/** The first word of a name: `task`, `step`, `workflow`, … */
export function namespaceOf(name: string): string {
  return name.slice(0, name.indexOf('.'));
}

export function eventNamespaces(): readonly string[] {
  return [...new Set(catalog.map((entry) => namespaceOf(entry.name)))];
}

export function eventsIn(namespace: string): readonly CatalogEntry[] {
  const wanted = namespace.replace(/\.\*?$/, '');
  return catalog.filter((entry) => entry.name.startsWith(`${wanted}.`));
}

/** Entries whose name or meaning has every word of the text. */
export function searchEvents(text: string): readonly CatalogEntry[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean).map(withoutAlias);
  return catalog.filter((entry) => {
    const told = `${entry.name} ${entry.meaning}`.toLowerCase();
    return words.every((word) => told.includes(word));
  });
}

/** By its name, with or without `tasker.` ahead of it. */
export function findEvent(name: string): CatalogEntry | undefined {
  return catalogEntry(withoutAlias(name));
}

export function payloadSchema(entry: CatalogEntry): Readonly<Record<string, unknown>> {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(entry.payload) as Record<string, unknown>;
  return schema;
}

export function payloadFields(entry: CatalogEntry): readonly PayloadField[] {
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
