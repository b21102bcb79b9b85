import type { JsonObject, JsonValue } from '../shared/json.ts';
import { nearestName, suggestion } from './nearest-name.ts';
import { describeNode, isNull, toJson, type MapNode, type Path, type TemplateNode } from './template-node.ts';
import type { ProblemList } from './template-problem.ts';

/** Checks one value and reads it; undefined after reporting what is wrong with it. */
export type Reader<T> = (node: TemplateNode, path: Path, problems: ProblemList) => T | undefined;

export type Shape = Readonly<Record<string, Reader<unknown>>>;

export type Read<S extends Shape> = { readonly [K in keyof S]?: S[K] extends Reader<infer T> ? T : never };

function expected(what: string, node: TemplateNode, path: Path, problems: ProblemList): undefined {
  problems.error(node, path, `expected ${what}, got ${describeNode(node)}`);
  return undefined;
}

/** Text of 1 to `maxLength` characters. */
export function text(maxLength = 10_000): Reader<string> {
  return (node, path, problems) => {
    if (node.kind !== 'scalar' || node.value === null) return expected('a string', node, path, problems);
    if (typeof node.value !== 'string') {
      problems.error(node, path, `expected a string, got ${describeNode(node)}; put it in quotes`);
      return undefined;
    }
    if (node.value.trim() === '') return expected('a string that is not blank', node, path, problems);
    if (node.value.length <= maxLength) return node.value;
    problems.error(node, path, `expected at most ${maxLength} characters, got ${node.value.length}`);
    return undefined;
  };
}

/** Of something that people open. */
export const webAddress: Reader<string> = (node, path, problems) => {
  const value = text(2000)(node, path, problems);
  if (value === undefined || (/^https?:/.test(value) && URL.canParse(value))) return value;
  return expected('an address that begins with http:// or https://', node, path, problems);
};

/** A version that YAML took for a number (`version: 1.0`) is read as it is written, which is what was meant. */
export const versionText: Reader<string> = (node, path, problems) => {
  if (node.kind !== 'scalar' || typeof node.value !== 'number') return text(16)(node, path, problems);
  problems.warning(
    node,
    path,
    `expected a string, got ${describeNode(node)}; read as '${node.text}', put it in quotes`,
  );
  return text(16)({ ...node, value: node.text }, path, problems);
};

export const flag: Reader<boolean> = (node, path, problems) =>
  node.kind === 'scalar' && typeof node.value === 'boolean'
    ? node.value
    : expected('true or false', node, path, problems);

export function number(what: string, allowed: (value: number) => boolean): Reader<number> {
  return (node, path, problems) =>
    node.kind === 'scalar' && typeof node.value === 'number' && allowed(node.value)
      ? node.value
      : expected(what, node, path, problems);
}

// Ten years: a longer limit is a slip of the unit, and would not fit a stored time.
const maxSeconds = 315_360_000;

/** Seconds, fractions allowed, read as whole milliseconds. */
export const seconds: Reader<number> = (node, path, problems) => {
  const what = `a number of seconds above 0 and up to ${maxSeconds}`;
  const value = number(what, (given) => given > 0 && given <= maxSeconds)(node, path, problems);
  return value === undefined ? undefined : Math.max(1, Math.round(value * 1000));
};

export function oneOf<const T extends string>(...names: readonly T[]): Reader<T> {
  return (node, path, problems) => {
    const found = node.kind === 'scalar' ? names.find((name) => name === node.value) : undefined;
    if (found !== undefined) return found;
    const near = node.kind === 'scalar' ? suggestion(node.text, names) : '';
    problems.error(node, path, `expected one of ${names.join(', ')}, got ${describeNode(node)}${near}`);
    return undefined;
  };
}

export function list<T>(item: Reader<T>): Reader<readonly T[]> {
  return (node, path, problems) => {
    if (node.kind !== 'list') return expected('a list', node, path, problems);
    return node.items.flatMap((child, index) => {
      const value = item(child, [...path, index], problems);
      return value === undefined ? [] : [value];
    });
  };
}

export function mapOf<T>(value: Reader<T>): Reader<Readonly<Record<string, T>>> {
  return (node, path, problems) => {
    if (node.kind !== 'map') return expected('a mapping', node, path, problems);
    const given = [...node.entries].filter(([, entry]) => !isNull(entry.node));
    const entries = given.map(([key, entry]) => [key, value(entry.node, [...path, key], problems)] as const);
    return Object.fromEntries(entries.filter((entry): entry is readonly [string, T] => entry[1] !== undefined));
  };
}

export const json: Reader<JsonValue> = (node) => toJson(node);

export const jsonObject: Reader<JsonObject> = (node, path, problems) =>
  node.kind === 'map' ? asObject(node) : expected('a mapping', node, path, problems);

function asObject(node: MapNode): JsonObject {
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, toJson(entry.node)]));
}

export interface ShapeOptions<S extends Shape> {
  readonly required?: readonly (keyof S & string)[];
  /** Other keys are the user's own; only near misses of known ones are reported. */
  readonly open?: boolean;
  /** For keys that people look for here: where they belong, or what they are called. */
  readonly hints?: Readonly<Record<string, string>>;
}

/** A mapping with known keys. A key without a value counts as absent. */
export function object<S extends Shape>(shape: S, options: ShapeOptions<S> = {}): Reader<Read<S>> {
  return (node, path, problems) => {
    if (node.kind !== 'map') return expected('a mapping', node, path, problems);
    reportKeys(node, path, problems, Object.keys(shape), options);
    for (const key of options.required ?? []) {
      if (isNull(node.entries.get(key)?.node)) problems.error(node, [...path, key], 'required, but missing');
    }
    const values = Object.entries(shape).map(([key, reader]) => {
      const child = node.entries.get(key)?.node;
      return [key, child === undefined || isNull(child) ? undefined : reader(child, [...path, key], problems)];
    });
    return Object.fromEntries(values) as Read<S>;
  };
}

/** A longer list would hide the message. */
function handful(known: readonly string[]): string {
  return known.length <= 6 ? `; known: ${known.join(', ')}` : '';
}

function reportKeys(
  node: MapNode,
  path: Path,
  problems: ProblemList,
  known: readonly string[],
  { open = false, hints = {} }: Pick<ShapeOptions<Shape>, 'open' | 'hints'>,
): void {
  for (const [key, entry] of node.entries) {
    if (known.includes(key)) continue;
    const unknown = `unknown key '${key}'`;
    // In an open mapping only a slip counts: the user's own keys may well resemble known ones from afar.
    const near = nearestName(key, known, open ? 2 : undefined);
    const hinted = nearestName(key, Object.keys(hints), 1);
    if (near !== undefined) problems.warning(entry.key, [...path, key], `${unknown}; did you mean '${near}'?`);
    else if (hinted !== undefined) problems.warning(entry.key, [...path, key], `${unknown}; ${hints[hinted]}`);
    else if (!open) problems.warning(entry.key, [...path, key], unknown + handful(known));
  }
}
