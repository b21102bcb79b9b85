import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface UserProject {
  /** Where its configuration lies; the working directory where there is none. */
  readonly dir: string;
  /** Absolute; null where there is none. */
  readonly configFile: string | null;
}

export function projectOf(configFile: string | null, cwd: string): UserProject {
  return { dir: configFile === null ? cwd : dirname(configFile), configFile };
}

/** `src/tasks` where there is a `src`, else `tasks`. */
export async function defaultFolder({ dir }: UserProject, name: string): Promise<string> {
  const src = join(dir, 'src');
  const hasSrc = await stat(src).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return join(hasSrc ? src : dir, name);
}

/** What would keep the generated files from being compiled or run here, as far as it can be seen. */
export async function problemsOf({ dir }: UserProject): Promise<string[]> {
  const manifest = await textOf(join(dir, 'package.json'));
  const compiler = await textOf(join(dir, 'tsconfig.json'));
  const problems: string[] = [];
  if (manifest === null || !/"type"\s*:\s*"module"/.test(manifest)) {
    problems.push(`the files are ES modules: package.json needs "type": "module"`);
  }
  // An option may also come from a file that it extends: then this is silent rather than wrong.
  if (
    compiler !== null &&
    !/"extends"/.test(compiler) &&
    !/"(?:allowImportingTsExtensions|rewriteRelativeImportExtensions)"\s*:\s*true/.test(compiler)
  ) {
    problems.push(
      'the test imports a .ts file, as Node.js wants it: tsconfig.json needs "rewriteRelativeImportExtensions": true, or "allowImportingTsExtensions": true with "noEmit"',
    );
  }
  return problems;
}

async function textOf(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null);
}
