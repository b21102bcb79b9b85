import type { JsonValue } from '../shared/json.ts';

/** 1-based. Line 0 stands for a value that was not read from a file. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export const nowhere: Position = { line: 0, column: 0 };

/**
 * A template before it is checked: values that know where they were written. Environments are merged on these, so
 * that a problem in a merged template still points at the line that causes it. Aliases share nodes.
 */
export type TemplateNode = ScalarNode | ListNode | MapNode;

export interface ScalarNode extends Position {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** As written: `1.0` and `yes` are no longer known from their values. */
  readonly text: string;
}

export interface ListNode extends Position {
  readonly kind: 'list';
  readonly items: readonly TemplateNode[];
}

export interface MapNode extends Position {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, MapEntry>;
}

export interface MapEntry {
  readonly key: Position;
  readonly node: TemplateNode;
}

export type Path = readonly (string | number)[];

export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

export function childAt(node: TemplateNode | undefined, part: string | number): TemplateNode | undefined {
  if (node?.kind === 'map') return node.entries.get(String(part))?.node;
  if (node?.kind === 'list') return node.items[Number(part)];
  return undefined;
}

/** Where the value at `path` was written, or the nearest thing around it. */
export function locate(root: TemplateNode, path: Path): Position {
  let node = root;
  for (const part of path) {
    const child = childAt(node, part);
    if (child === undefined) return node;
    node = child;
  }
  return node;
}

export function isNull(node: TemplateNode | undefined): boolean {
  return node === undefined || (node.kind === 'scalar' && node.value === null);
}

export function toJson(node: TemplateNode): JsonValue {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'list':
      return node.items.map(toJson);
    case 'map':
      return Object.fromEntries([...node.entries].map(([key, entry]) => [key, toJson(entry.node)]));
  }
}

/** What came instead of what was expected, in a message. */
export function describeNode(node: TemplateNode): string {
  if (node.kind === 'list') return 'a list';
  if (node.kind === 'map') return 'a mapping';
  if (node.value === null) return 'nothing';
  const text = node.text.length > 40 ? `${node.text.slice(0, 40)}…` : node.text;
  if (typeof node.value === 'string') return `the string '${text}'`;
  return `the ${typeof node.value} ${text}`;
}
