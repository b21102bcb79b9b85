import assert from 'node:assert/strict';
import { execFile, type ExecFileException } from 'node:child_process';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

/** What a consumer has of its own: no package of ours may lean on more. */
export const consumerOptions = {
  target: 'es2024',
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  // Our declarations are checked too: they must not need a package that is not installed with them.
  skipLibCheck: false,
  types: ['node'],
};

/** Packs a copy of the checkout, so that the build starts from nothing and disturbs nobody. */
async function pack(checkout: string): Promise<string> {
  const parts = ['src', 'bin', 'scripts', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
  const texts = ['README.md', 'LICENSE', 'CHANGELOG.md', 'ARCHITECTURE.md'];
  await mkdir(checkout);
  for (const part of [...parts, ...texts]) await cp(join(root, part), join(checkout, part), { recursive: true });
  await symlink(join(root, 'node_modules'), join(checkout, 'node_modules'));
  await ok('npm', ['pack', '--pack-destination', checkout], checkout);
  const tarball = (await readdir(checkout)).find((name) => name.endsWith('.tgz'));
  assert.ok(tarball !== undefined);
  return join(checkout, tarball);
}

export interface Installed {
  /** Room for projects beside the consumer's. */
  readonly dir: string;
  /** A project that has the package, and the types of Node, and nothing else. */
  readonly consumer: string;
}

/** Packs and installs into a project of its own below `dir`. Takes tens of seconds: once for all that look at it. */
export async function installed(dir: string): Promise<Installed> {
  const tarball = await pack(join(dir, 'checkout'));
  const consumer = join(dir, 'consumer');
  await mkdir(consumer);
  await writeFile(join(consumer, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }');
  await install(consumer, tarball, await nodeTypes());
  return { dir, consumer };
}

export async function ok(command: string, argv: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, output } = await run(command, argv, cwd);
  assert.equal(code, 0, `${command} ${argv.join(' ')}\n${output}`);
  return stdout;
}

export function run(
  command: string,
  argv: readonly string[],
  cwd: string,
): Promise<{ readonly code: number; readonly stdout: string; readonly output: string }> {
  // npm hands its own place down, and the test runner that it runs: a project of its own must find its own.
  const { npm_config_local_prefix: _, INIT_CWD: __, NODE_TEST_CONTEXT: ___, ...rest } = process.env;
  const env = { ...rest, NO_COLOR: '1', PATH: `${join(root, 'node_modules/.bin')}:${rest['PATH'] ?? ''}` };
  return new Promise((resolve) => {
    execFile(command, argv, { cwd, env, encoding: 'utf8' }, (error: ExecFileException | null, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : 1;
      resolve({ code, stdout, output: `${stdout}${stderr}${error === null ? '' : error.message}` });
    });
  });
}

/** The types of Node that this checkout is compiled with, as npm names them. */
async function nodeTypes(): Promise<string> {
  const text = await readFile(join(root, 'node_modules/@types/node/package.json'), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return `@types/node@${version}`;
}

export async function install(project: string, ...what: readonly string[]): Promise<void> {
  await ok('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...what], project);
}
