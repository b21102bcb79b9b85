import { posix } from 'node:path';

import type { Token } from '../../examples/monitored-checkout/test-support/tokenise.ts';
import type { SourceFile } from './project.ts';

export interface Import {
  readonly line: number;
  /** As written; null when it is computed at run time. */
  readonly specifier: string | null;
  /** A file of the project by its path, else the specifier itself. */
  readonly target: string | null;
  /**
   * `type` for what leaves nothing behind at run time. With type stripping that is `import type`, not
   * `import { type A }`: the latter still loads the module.
   */
  readonly kind: 'value' | 'type';
  /** `export *`, with or without a name. */
  readonly everything: boolean;
}

/** Everything a file imports or exports from elsewhere: static, dynamic, and for its types alone. */
export function importsOf(file: SourceFile): readonly Import[] {
  return file.tokens.flatMap((_, index) => {
    const found = importAt(file.tokens, index);
    if (found === null) return [];
    return [{ ...found, target: found.specifier === null ? null : resolve(file.path, found.specifier) }];
  });
}

type Found = Omit<Import, 'target'>;

function importAt(tokens: readonly Token[], index: number): Found | null {
  const token = tokens[index];
  if (token?.kind !== 'word' || isPunctuation(tokens[index - 1], '.')) return null;
  const next = tokens[index + 1];
  if (token.text === 'import') {
    if (isPunctuation(next, '(')) return dynamicImport(tokens, index);
    // `import.meta`, or a key of that name.
    if (isPunctuation(next, '.') || isPunctuation(next, ':')) return null;
  }
  if (token.text !== 'import' && token.text !== 'export') return null;

  const typeOnly = isTypeClause(tokens, index);
  const start = typeOnly ? index + 2 : index + 1;
  if (token.text === 'export' && !isPunctuation(tokens[start], '{') && !isPunctuation(tokens[start], '*')) return null;
  const specifier = specifierAfter(tokens, start);
  if (specifier === null) return null;
  return {
    line: token.line,
    specifier,
    kind: typeOnly ? 'type' : 'value',
    everything: token.text === 'export' && isPunctuation(tokens[start], '*'),
  };
}

function dynamicImport(tokens: readonly Token[], index: number): Found {
  const argument = tokens[index + 2];
  const alone = isPunctuation(tokens[index + 3], ')') || isPunctuation(tokens[index + 3], ',');
  return {
    line: tokens[index]?.line ?? 0,
    specifier: argument?.kind === 'string' && alone ? argument.text : null,
    kind: tokens[index - 1]?.text === 'typeof' ? 'type' : 'value',
    everything: false,
  };
}

/** `import type { A }`, `import type A`, `export type { A }`; not `import type from`, which is a default named so. */
function isTypeClause(tokens: readonly Token[], index: number): boolean {
  if (!isWord(tokens[index + 1], 'type')) return false;
  const after = tokens[index + 2];
  if (isPunctuation(after, '{') || isPunctuation(after, '*')) return true;
  return after?.kind === 'word' && !(after.text === 'from' && tokens[index + 3]?.kind === 'string');
}

/** The module that a clause names: the string after `from`, or the one right after `import`. */
function specifierAfter(tokens: readonly Token[], start: number): string | null {
  if (tokens[start]?.kind === 'string') return tokens[start].text;
  let depth = 0;
  for (let at = start; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (isPunctuation(token, '{')) depth += 1;
    else if (isPunctuation(token, '}')) depth -= 1;
    else if (depth > 0) continue;
    else if (isWord(token, 'from')) {
      const source = tokens[at + 1];
      if (source?.kind === 'string') return source.text;
    } else if (at > start && (isPunctuation(token, ';') || isStatement(token))) return null;
  }
  return null;
}

function isStatement(token: Token | undefined): boolean {
  return token?.kind === 'word' && ['import', 'export', 'const', 'function', 'class', 'interface'].includes(token.text);
}

function resolve(from: string, specifier: string): string {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : specifier;
}

export function isPunctuation(token: Token | undefined, text: string): boolean {
  return token?.kind === 'punctuation' && token.text === text;
}

export function isWord(token: Token | undefined, text: string): boolean {
  return token?.kind === 'word' && token.text === text;
}
