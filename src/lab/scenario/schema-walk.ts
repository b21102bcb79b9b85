import { z } from 'zod';

import { scenarioSchema } from './scenario-schema.ts';

/** As much of JSON Schema as the scenario's schema needs. */
export interface SchemaNode {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly default?: unknown;
  /** What a value must be, in words. */
  readonly expected?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
}

/** For editors and other programs, and what the reference is made of. */
export const scenarioJsonSchema = z.toJSONSchema(scenarioSchema, { io: 'input', unrepresentable: 'any' }) as SchemaNode;

interface Known {
  /** That a mapping there may have. */
  readonly keys: readonly string[];
  /** That a value there may be. */
  readonly options: readonly string[];
  readonly expected: string | null;
}

/** What the schema wants at a place of a file. Of several kinds, the one that the file names there. */
export function schemaAt(path: readonly PropertyKey[], root: unknown): Known {
  let nodes: readonly SchemaNode[] = [scenarioJsonSchema];
  let value = root;
  for (const part of path) {
    nodes = variants(nodes, value).flatMap((node) => childOf(node, part));
    value =
      typeof value === 'object' && value !== null ? (value as Readonly<Record<PropertyKey, unknown>>)[part] : undefined;
  }
  const named = nodes.find(({ expected }) => expected !== undefined);
  const found = variants(nodes, value);
  return {
    keys: [...new Set(found.flatMap(({ properties = {} }) => Object.keys(properties)))],
    options: found.flatMap((node) => node.enum ?? (node.const === undefined ? [] : [node.const])).map(String),
    expected: named?.expected ?? null,
  };
}

function variants(nodes: readonly SchemaNode[], value: unknown): readonly SchemaNode[] {
  const all = nodes.flatMap((node) => node.anyOf ?? node.oneOf ?? [node]);
  const flat = all.some(({ anyOf, oneOf }) => anyOf !== undefined || oneOf !== undefined) ? variants(all, value) : all;
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  const ofKind = flat.filter(({ properties }) => kind !== undefined && properties?.['kind']?.const === kind);
  return ofKind.length > 0 ? ofKind : flat;
}

function childOf(node: SchemaNode, part: PropertyKey): readonly SchemaNode[] {
  if (typeof part === 'number') return node.items === undefined ? [] : [node.items];
  const property = node.properties?.[String(part)];
  if (property !== undefined) return [property];
  return typeof node.additionalProperties === 'object' ? [node.additionalProperties] : [];
}
