import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Token, tokenise } from '../../examples/monitored-checkout/test-support/tokenise.ts';

export interface SourceFile {
  /** From the root of the project, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly tokens: readonly Token[];
}

/** What the rules look at: the project itself, or a planted one that breaks a rule. */
export type Project = ReadonlyMap<string, SourceFile>;

const root = join(import.meta.dirname, '../..');

export function readProject(): Project {
  const paths = globSync(['*.ts', '{src,test,examples,bench,scripts}/**/*.ts'], {
    cwd: root,
    exclude: (path) => /(^|[\\/])node_modules$/.test(path),
  });
  return planProject(
    Object.fromEntries(paths.map((path) => [path.replaceAll('\\', '/'), readFileSync(join(root, path), 'utf8')])),
  );
}

export function planProject(texts: Readonly<Record<string, string>>): Project {
  return new Map(
    Object.entries(texts)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([path, text]) => [path, { path, text, tokens: tokensOf(path, text) }]),
  );
}

const madeOrInstalled = new Set(['node_modules', 'dist', 'coverage']);
// Other hidden folders belong to git, the engine or somebody's editor.
const hiddenFolders = new Set(['.ci', '.github']);

/** Every file that is written by hand or kept with the source, of whatever kind. */
export function readTexts(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    filesBelow('')
      .filter((path) => !/\.(?:tgz|log|db|db-wal|db-shm)$/.test(path))
      .map((path) => [path, readFileSync(join(root, path), 'utf8')]),
  );
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    // In a worktree `.git` is a file, which says where git keeps the rest.
    if (!entry.isDirectory()) return entry.isFile() && path !== '.git' ? [path] : [];
    const isOurs = entry.name.startsWith('.') ? hiddenFolders.has(entry.name) : !madeOrInstalled.has(entry.name);
    return isOurs ? filesBelow(path) : [];
  });
}

export function readPackage(): unknown {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
}

export function isTestFile(path: string): boolean {
  return path.endsWith('.test.ts');
}

/** The path inside `src/`, for files that are shipped; null for tests and everything outside. */
export function sourcePath(path: string): string | null {
  return path.startsWith('src/') && !isTestFile(path) ? path.slice('src/'.length) : null;
}

function tokensOf(path: string, text: string): readonly Token[] {
  try {
    return tokenise(text);
  } catch (error) {
    throw new Error(`${path} cannot be scanned`, { cause: error });
  }
}
