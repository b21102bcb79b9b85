import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml';

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface ScenarioProblem extends Place {
  /** `faults[0].step`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

export type Path = readonly PropertyKey[];

/** A YAML text as a value, and where in the text each part of it stands. */
export interface PlacedYaml {
  readonly value: unknown;
  readonly problems: readonly ScenarioProblem[];
  /** Of the value, or, where there is none, of the nearest thing around it. */
  placeOf(path: Path): Place;
  placeOfKey(path: Path, key: string): Place;
}

export function parsePlaced(text: string): PlacedYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems = document.errors.map(({ pos, message }) => ({
    ...place(pos[0]),
    path: '',
    message: `broken YAML: ${message}`,
  }));
  const nodeAt = (path: Path): Node | null => {
    let node: unknown = document.contents;
    for (const part of path) {
      const child = isMap(node) || isSeq(node) ? node.get(String(part), true) : undefined;
      if (child === undefined) break;
      node = child;
    }
    return (node ?? null) as Node | null;
  };
  return {
    value: problems.length > 0 ? null : safeValue(document),
    problems,
    placeOf: (path) => place(nodeAt(path)?.range?.[0] ?? 0),
    placeOfKey(path, key) {
      const map = nodeAt(path);
      const found = isMap(map) ? map.items.find((pair) => isScalar(pair.key) && pair.key.value === key) : undefined;
      const node = (found?.key ?? map) as Node | null;
      return place(node?.range?.[0] ?? 0);
    },
  };
}

/** Aliases that grow without bound are refused by the parser, which throws. */
function safeValue(document: ReturnType<typeof parseDocument>): unknown {
  return document.toJS({ maxAliasCount: 1000 });
}

/** `faults[0].who.region` */
export function pathText(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}
