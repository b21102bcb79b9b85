import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Node,
  type Pair,
  Scalar,
  type YAMLMap,
  type YAMLParseError,
} from 'yaml';

import { readPlainScalar } from './psych-scalar.ts';
import { describeNode, isNull, type MapEntry, type Path, type Position, type TemplateNode } from './template-node.ts';
import type { ProblemList } from './template-problem.ts';

// A template has some hundred values a few levels deep. Aliases can make a page of text into billions.
const maxValues = 20_000;
const maxDepth = 64;

const aTemplate = 'a mapping with name and step_templates';

/** What YAML allows in a file, and Ruby's parser insists on. */
const notPrintable = /[^\t\n\r -~\u0085\u00A0-\uD7FF\uE000-\uFEFE\uFF00-\uFFFD\u{10000}-\u{10FFFF}]/u;

/** Reads one YAML document; null when a problem makes its content doubtful. Never throws. */
export function parseYaml(source: string, problems: ProblemList, expected = aTemplate): TemplateNode | null {
  // Removed here, because the parser counts it as a column.
  const text = source.replace(/^\uFEFF/, '');
  const lines = new LineCounter();
  // Failsafe: every scalar stays text, and what it means is decided as Psych does.
  // 'error' and not 'silent': at that level the library forgets to mention further documents.
  const options = { schema: 'failsafe', uniqueKeys: false, prettyErrors: false, logLevel: 'error' } as const;
  let document;
  try {
    document = parseDocument(text, { ...options, lineCounter: lines });
  } catch (error) {
    // The parser is recursive: its stack is the only bound on nesting.
    const reason = error instanceof RangeError ? 'it is nested too deeply' : String(error);
    problems.error({ line: 1, column: 1 }, [], `the YAML cannot be read: ${reason}`);
    return null;
  }
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const [broken] = document.errors.toSorted((a, b) => a.pos[0] - b.pos[0]);
  if (broken !== undefined) {
    // What ends too early is to be looked for where the text ends, not on the empty line after it.
    problems.error(position(Math.min(broken.pos[0], text.trimEnd().length)), [], explain(broken));
    return null;
  }
  const control = text.search(notPrintable);
  if (control !== -1) {
    const code = text.codePointAt(control)?.toString(16).toUpperCase().padStart(4, '0') ?? '';
    problems.error(position(control), [], `expected printable text, got the character U+${code}`);
    return null;
  }
  if (document.contents === null) return emptyFile(problems, expected);
  const root = new Conversion(problems, position).run(document.contents);
  return root !== null && isNull(root) ? emptyFile(problems, expected) : root;
}

/** Of the first mistake alone: after a missing bracket or quote, all that follows looks wrong. */
function explain({ code, message }: YAMLParseError): string {
  if (code === 'MULTIPLE_DOCS') return 'expected one YAML document, got several';
  // Ruby's parser does not mind how such lines are indented; the file may well be one that works there.
  const hint = /^Missing closing ["']|must be sufficiently indented/.test(message)
    ? '; lines within quotes or brackets must be indented more than the key they belong to'
    : '';
  return `broken YAML: ${message}${hint}`;
}

function emptyFile(problems: ProblemList, expected: string): null {
  problems.error({ line: 1, column: 1 }, [], `the file is empty; expected ${expected}`);
  return null;
}

interface Converted {
  readonly node: TemplateNode;
  readonly height: number;
}

interface Anchored extends Converted {
  /** How many values it stands for, its own aliases expanded. */
  readonly values: number;
}

/** Stops the walk; the problem has been reported. */
class Refused extends Error {}

class Conversion {
  readonly #problems: ProblemList;
  readonly #position: (offset: number) => Position;
  /** null while the anchor's own value is being read: an alias to it there would never end. */
  readonly #anchors = new Map<string, Anchored | null>();
  #values = 0;

  constructor(problems: ProblemList, position: (offset: number) => Position) {
    this.#problems = problems;
    this.#position = position;
  }

  run(contents: Node): TemplateNode | null {
    try {
      const { node } = this.#convert(contents, []);
      return this.#problems.doubtful ? null : node;
    } catch (error) {
      if (error instanceof Refused) return null;
      throw error;
    }
  }

  #convert(node: Node, path: Path): Converted {
    const at = this.#position(node.range?.[0] ?? 0);
    if (isAlias(node)) return this.#alias(node.source, at, path);
    const before = this.#values;
    this.#count(1, at, path);
    const { anchor } = node;
    if (anchor !== undefined) this.#anchors.set(anchor, null);
    const converted = this.#content(node, at, path);
    if (converted.height > maxDepth) this.#refuse(at, path, `nested more than ${maxDepth} levels deep`);
    if (anchor !== undefined) this.#anchors.set(anchor, { ...converted, values: this.#values - before });
    return converted;
  }

  #alias(name: string, at: Position, path: Path): Converted {
    const target = this.#anchors.get(name);
    if (target === undefined) this.#refuse(at, path, `the alias *${name} has no anchor &${name} before it`);
    if (target === null) this.#refuse(at, path, `the alias *${name} stands inside its own anchor`);
    this.#count(target.values, at, path);
    return target;
  }

  #count(values: number, at: Position, path: Path): void {
    this.#values += values;
    if (this.#values > maxValues) {
      this.#refuse(at, path, `with its aliases written out, the file has more than ${maxValues} values`);
    }
  }

  #content(node: Node, at: Position, path: Path): Converted {
    if (isMap(node)) {
      this.#allowTag(node.tag, 'map', at, path);
      return this.#map(node, at, path);
    }
    if (isSeq(node)) {
      this.#allowTag(node.tag, 'seq', at, path);
      const items = node.items.map((item, index) => this.#convert(item as Node, [...path, index]));
      return { node: { kind: 'list', items: items.map((item) => item.node), ...at }, height: heightOf(items) };
    }
    if (isScalar(node)) return { node: this.#scalar(node, at, path), height: 1 };
    return this.#refuse(at, path, 'this YAML construct is not supported');
  }

  #map(map: YAMLMap, at: Position, path: Path): Converted {
    const entries = new Map<string, MapEntry>();
    const written = new Set<string>();
    const heights: Converted[] = [];
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      const key = this.#position(pair.key.range?.[0] ?? 0);
      const name = this.#keyName(pair.key, key, path);
      const inside = [...path, name];
      const value = pair.value === null ? nothing(key) : this.#convert(pair.value, inside);
      heights.push(value);
      if (name === '<<') {
        const source = pair.value === null ? key : this.#position(pair.value.range?.[0] ?? 0);
        this.#merge(entries, value.node, { key, source }, inside);
      } else {
        this.#warnIfRepeated(written.has(name) ? entries.get(name) : undefined, name, key, inside);
        entries.set(name, { key, node: value.node });
        written.add(name);
      }
    }
    return { node: { kind: 'map', entries, ...at }, height: heightOf(heights) };
  }

  /**
   * Keys are their text, where Psych would make `on: failed` the key true: nobody means that, and JSON has no such
   * keys. A symbol key loses its colon like a symbol value.
   */
  #keyName(key: Node, at: Position, path: Path): string {
    const scalar = isAlias(key) || key.anchor !== undefined ? this.#convert(key, path).node : null;
    const text = isScalar(key)
      ? (key.source ?? String(key.value))
      : scalar?.kind === 'scalar'
        ? scalar.text
        : undefined;
    if (text === undefined) return this.#refuse(at, path, 'expected a plain name as key, got a collection');
    if (text === '__proto__') return this.#refuse(at, path, "'__proto__' cannot be a key");
    return isScalar(key) && key.type === Scalar.PLAIN && /^:./.test(text) ? String(readPlainScalar(text)) : text;
  }

  /** What a merge brought in is there to be replaced; what the file says twice is a slip. */
  #warnIfRepeated(earlier: MapEntry | undefined, name: string, key: Position, path: Path): void {
    if (earlier === undefined) return;
    this.#problems.warning(key, path, `the key '${name}' is already on line ${earlier.key.line}; the last one counts`);
  }

  /** As Psych: a merge takes effect where it stands, and of a list the first mapping wins. */
  #merge(
    entries: Map<string, MapEntry>,
    value: TemplateNode,
    at: { readonly key: Position; readonly source: Position },
    path: Path,
  ): void {
    // An anchor that was left empty: Ruby merges nothing, and leaves a key `<<` behind that nobody reads.
    if (isNull(value)) return this.#problems.warning(at.source, path, 'expected a mapping to merge, got nothing');
    const sources = value.kind === 'list' ? value.items.toReversed() : [value];
    const merged = new Map<string, MapEntry>();
    for (const source of sources) {
      if (source.kind !== 'map')
        this.#refuse(at.source, path, `expected a mapping to merge, got ${describeNode(source)}`);
      for (const [name, entry] of source.entries) merged.set(name, entry);
    }
    for (const [name, entry] of merged) {
      if (entries.has(name)) {
        const message = `'<<' replaces the key '${name}' written above it, as in Ruby; put '<<' first`;
        this.#problems.warning(at.key, path, message);
      }
      entries.set(name, entry);
    }
  }

  #scalar(scalar: Scalar, at: Position, path: Path): TemplateNode {
    const text = typeof scalar.value === 'string' ? scalar.value : (scalar.source ?? '');
    const plain = scalar.type === Scalar.PLAIN;
    const value = this.#scalarValue(text, plain, scalar.tag, at, path);
    if (typeof value === 'number' && !isExact(value, text)) {
      this.#problems.error(at, path, `${text} cannot be held exactly as a number; put it in quotes`);
    }
    return { kind: 'scalar', value, text, ...at };
  }

  #scalarValue(text: string, plain: boolean, tag: string | undefined, at: Position, path: Path) {
    const kind = scalarTags.get(tag ?? '');
    // The bare `!`, which would make a string of anything, Psych does not heed.
    if (tag === undefined || tag === '!') return plain ? readPlainScalar(text) : text;
    if (kind === undefined) return this.#unknownTag(tag, at, path);
    if (kind === 'string') return text;
    const value = readPlainScalar(text);
    const found = value === null ? 'null' : typeof value;
    if (found !== kind) this.#problems.error(at, path, `'${text}' is not what its tag ${shortTag(tag)} says`);
    return value;
  }

  #allowTag(tag: string | undefined, kind: 'map' | 'seq', at: Position, path: Path): void {
    if (tag !== undefined && tag !== '!' && tag !== `tag:yaml.org,2002:${kind}`) this.#unknownTag(tag, at, path);
  }

  #unknownTag(tag: string, at: Position, path: Path): null {
    this.#problems.error(at, path, `the tag ${shortTag(tag)} is not allowed: a template is plain data`);
    return null;
  }

  #refuse(at: Position, path: Path, message: string): never {
    this.#problems.error(at, path, message);
    throw new Refused(message);
  }
}

const scalarTags = new Map([
  ['!ruby/sym', 'string'],
  ['!ruby/symbol', 'string'],
  ['tag:yaml.org,2002:str', 'string'],
  ['tag:yaml.org,2002:int', 'number'],
  ['tag:yaml.org,2002:float', 'number'],
  ['tag:yaml.org,2002:bool', 'boolean'],
  ['tag:yaml.org,2002:null', 'null'],
]);

function shortTag(tag: string): string {
  return tag.replace(/^tag:yaml\.org,2002:/, '!!');
}

function isExact(value: number, text: string): boolean {
  return Number.isFinite(value) && (Number.isSafeInteger(value) || !Number.isInteger(value) || /[.:]/.test(text));
}

function heightOf(children: readonly Converted[]): number {
  return 1 + children.reduce((highest, child) => Math.max(highest, child.height), 0);
}

function nothing(at: Position): Converted {
  return { node: { kind: 'scalar', value: null, text: '', ...at }, height: 1 };
}
