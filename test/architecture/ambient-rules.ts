import type { Token } from '../../examples/monitored-checkout/test-support/tokenise.ts';
import type { Rule } from './import-rules.ts';
import { importsOf, isPunctuation, isWord } from './imports.ts';
import { type Project, type SourceFile, sourcePath } from './project.ts';
import { ambientSources, environmentReaders } from './zones.ts';

interface Use {
  readonly file: SourceFile;
  readonly from: string;
  readonly line: number;
  readonly name: string;
}

export const onlyTheEdgeReadsTheEnvironment: Rule = (project) =>
  uses(project, environment)
    .filter(({ from }) => !environmentReaders.some((entry) => from === entry || from.startsWith(`${entry}/`)))
    .map(({ file, line, name }) => `${file.path}:${line} reads ${name}; take it as an argument`);

export const timeAndChanceAreInjected: Rule = (project) =>
  uses(project, timeAndChance)
    .filter((use) => !ambientSources.some(({ file, names }) => file === use.from && names.includes(use.name)))
    .map(({ file, line, name }) => `${file.path}:${line} uses ${name}; take a Clock or a Random`);

export const everyAmbientSourceIsNeeded: Rule = (project) => {
  const found = uses(project, timeAndChance);
  return ambientSources.flatMap(({ file, names }) =>
    names
      .filter((name) => !found.some((use) => use.from === file && use.name === name))
      .map((name) => `zones.ts: ${file} no longer uses ${name}`),
  );
};

interface Sought {
  readonly find: (tokens: readonly Token[], index: number) => string | null;
  /** Modules that give the same under names of their own. */
  readonly modules: readonly string[];
}

function uses(project: Project, { find, modules }: Sought): readonly Use[] {
  return [...project.values()].flatMap((file) => {
    const from = sourcePath(file.path);
    if (from === null) return [];
    const named = file.tokens.flatMap((token, index) => {
      const name = token.kind === 'word' ? find(file.tokens, index) : null;
      return name === null ? [] : [{ file, from, line: token.line, name }];
    });
    const imported = importsOf(file).flatMap(({ line, specifier }) =>
      specifier !== null && modules.includes(specifier) ? [{ file, from, line, name: specifier }] : [],
    );
    // The names are imported from a module that counts by itself.
    return imported.length > 0 ? [...imported, ...named.filter(({ name }) => !timers.includes(name))] : named;
  });
}

function environmentUse(tokens: readonly Token[], index: number): string | null {
  if (!isWord(tokens[index], 'process') || isPunctuation(tokens[index - 1], '.')) return null;
  const member = memberAfter(tokens, index);
  if (member === 'env') return 'process.env';
  // Handed on whole, or taken apart: nobody can say what becomes of it.
  const handedOn = member === null && (isPunctuation(tokens[index - 1], '=') || isPunctuation(tokens[index - 1], '('));
  return handedOn ? 'process' : null;
}

const environment: Sought = { find: environmentUse, modules: ['node:process', 'process'] };
const timeAndChance: Sought = {
  find: ambientUse,
  modules: ['node:timers', 'node:timers/promises', 'timers', 'timers/promises', 'node:perf_hooks', 'perf_hooks'],
};
const timers = ['setTimeout', 'setInterval'];
const chance = ['randomUUID', 'randomBytes', 'randomInt', 'randomFillSync', 'getRandomValues'];

function ambientUse(tokens: readonly Token[], index: number): string | null {
  const name = tokens[index]?.text ?? '';
  if (timers.includes(name) || (chance.includes(name) && isPunctuation(tokens[index + 1], '('))) return name;
  const isMember = isPunctuation(tokens[index - 1], '.') && !isWord(tokens[index - 2], 'globalThis');
  if (isMember) return null;
  if (name === 'Math' && memberAfter(tokens, index) === 'random') return 'Math.random';
  if (name === 'performance') return isPunctuation(tokens[index + 1], ':') ? null : 'performance';
  if (name === 'process' && memberAfter(tokens, index) === 'hrtime') return 'process.hrtime';
  if (name === 'AbortSignal' && memberAfter(tokens, index) === 'timeout') return 'AbortSignal.timeout';
  return name === 'Date' ? dateUse(tokens, index) : null;
}

/** `new Date(at)` is only a way to write a time down; without an argument it reads the clock. */
function dateUse(tokens: readonly Token[], index: number): string | null {
  if (memberAfter(tokens, index) === 'now') return 'Date.now';
  const called = isPunctuation(tokens[index + 1], '(');
  if (!isWord(tokens[index - 1], 'new')) return called ? 'Date()' : null;
  return !called || isPunctuation(tokens[index + 2], ')') ? 'new Date()' : null;
}

/** `a.name`, `a?.name` and `a['name']`. */
function memberAfter(tokens: readonly Token[], index: number): string | null {
  let at = index + 1;
  if (isPunctuation(tokens[at], '?') && isPunctuation(tokens[at + 1], '.')) at += 1;
  if (isPunctuation(tokens[at], '.')) at += 1;
  if (isPunctuation(tokens[at], '[')) at += 1;
  return at === index + 1 ? null : (tokens[at]?.text ?? null);
}
