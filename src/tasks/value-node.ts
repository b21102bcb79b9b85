import { isPlainObject } from '../shared/json.ts';
import { nowhere, type MapEntry, type Path, type TemplateNode } from './template-node.ts';
import type { ProblemList } from './template-problem.ts';

// Deeper than any template.
const maxDepth = 64;

/** A template written in TypeScript, in the form that the checks read. What JSON cannot hold is an error. */
export function nodeFromValue(value: unknown, path: Path, problems: ProblemList): TemplateNode {
  return convert(value, path, problems, []);
}

function convert(value: unknown, path: Path, problems: ProblemList, around: readonly unknown[]): TemplateNode {
  if (around.includes(value)) return refuse('expected plain JSON, got a value that contains itself', path, problems);
  if (path.length > maxDepth) return refuse(`nested more than ${maxDepth} levels deep`, path, problems);
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) {
    const plain = value as string | number | boolean | null;
    return { kind: 'scalar', value: plain, text: String(plain), ...nowhere };
  }
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    return {
      kind: 'list',
      items: items.map((item, index) => convert(item, [...path, index], problems, [...around, value])),
      ...nowhere,
    };
  }
  if (!isPlainObject(value)) return refuse(`expected plain JSON, got ${describeValue(value)}`, path, problems);
  const entries = new Map<string, MapEntry>();
  for (const [key, child] of Object.entries(value)) {
    if (child === undefined) continue;
    if (key === '__proto__') refuse("'__proto__' cannot be a key", path, problems);
    else entries.set(key, { key: nowhere, node: convert(child, [...path, key], problems, [...around, value]) });
  }
  return { kind: 'map', entries, ...nowhere };
}

function refuse(message: string, path: Path, problems: ProblemList): TemplateNode {
  problems.error(nowhere, path, message);
  return { kind: 'scalar', value: null, text: '', ...nowhere };
}

function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  return `an object of class ${value.constructor.name}`;
}
