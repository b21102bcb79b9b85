import assert from 'node:assert/strict';
import { execFile, type ExecFileException } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { findOldNode, whyNoOldNode } from './find-old-node.ts';

const root = join(import.meta.dirname, '../..');

/** What a consumer has of its own: no package of ours may lean on more. */
const consumerOptions = {
  target: 'es2024',
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  // Our declarations are checked too: they must not need a package that is not installed with them.
  skipLibCheck: false,
  types: ['node'],
};

describe('the package as it is published', () => {
  let dir = '';
  let consumer = '';
  let manifest: Manifest;

  before(async () => {
    dir = await realpath(await mkdtemp(join(tmpdir(), 'tasker-pack-')));
    const tarball = await pack(join(dir, 'checkout'));
    consumer = join(dir, 'consumer');
    await mkdir(consumer);
    await writeFile(join(consumer, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }');
    await ok('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], consumer);
    manifest = JSON.parse(await readFile(join(consumer, 'node_modules/tasker/package.json'), 'utf8')) as Manifest;
  });

  after(() => rm(dir, { recursive: true, force: true }));

  test('holds what is needed to run and to read about it, and nothing else', async () => {
    const installed = join(consumer, 'node_modules/tasker');
    const top = await readdir(installed);
    assert.deepEqual(top.toSorted(), [
      'ARCHITECTURE.md',
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'bin',
      'dist',
      'package.json',
    ]);
    const built = await readdir(join(installed, 'dist'), { recursive: true });
    assert.deepEqual(
      built.filter((file) => file.includes('.test.')),
      [],
    );
    assert.ok(built.includes(join('storage', 'sqlite', 'migrations', '0001-base.sql')), built.join('\n'));
  });

  test('every exported path can be imported', async () => {
    const paths = Object.keys(manifest.exports).map((path) => join('tasker', path));
    assert.ok(paths.includes('tasker'));
    const lines = paths.map((path) =>
      path.endsWith('.json')
        ? `await import('${path}', { with: { type: 'json' } });`
        : `if (Object.keys(await import('${path}')).length === 0) throw new Error('${path} is empty');`,
    );
    await writeFile(join(consumer, 'every-path.js'), lines.join('\n'));
    await ok(process.execPath, ['every-path.js'], consumer);
  });

  test('a task of two steps, written against it, passes the compiler and runs', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'node_modules/@types/node/package.json'), 'utf8')) as {
      version: string;
    };
    await ok(
      'npm',
      ['install', '--prefer-offline', '--no-audit', '--no-fund', '--save-dev', `@types/node@${version}`],
      consumer,
    );
    const written = await readFile(join(import.meta.dirname, 'consumer.ts'), 'utf8');
    const installed = written.replace("'../../src/index.ts'", "'tasker'");
    assert.notEqual(installed, written);
    await writeFile(join(consumer, 'consumer.ts'), installed);
    const project = { compilerOptions: consumerOptions, files: ['consumer.ts'] };
    await writeFile(join(consumer, 'tsconfig.json'), JSON.stringify(project));
    await ok(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', consumer], consumer);

    const said = await ok(process.execPath, ['consumer.js'], consumer);
    assert.deepEqual(JSON.parse(said), {
      status: 'complete',
      results: { charge: { charged: 41 }, mail: { told: 42 } },
      last: 'task.completed',
    });
    const { size } = await stat(join(consumer, 'orders.db'));
    assert.ok(size > 0, 'the store is the file that the configuration names');
  });

  const old = findOldNode();
  test(
    'on a Node that is too old it says so, where the driver would end the process',
    {
      skip: old === null ? whyNoOldNode : false,
    },
    async () => {
      await writeFile(join(consumer, 'old.js'), `import 'tasker';`);
      const { code, output } = await run(old ?? '', ['old.js'], consumer);
      assert.equal(code, 1, output);
      assert.match(output, /TASKER_RUNTIME_NODE_TOO_OLD: tasker needs Node\.js 22\.18/);
    },
  );

  test('a mistake against its types is found by the compiler', async () => {
    const wrong = `import { createTasker } from 'tasker';\nvoid createTasker({ storage: { kind: 'memoire' } });\n`;
    await writeFile(join(consumer, 'wrong.ts'), wrong);
    const tsc = [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '--skipLibCheck', '--module', 'nodenext'];
    const { code, output } = await run(process.execPath, [...tsc, 'wrong.ts', '--ignoreConfig'], consumer);
    assert.notEqual(code, 0);
    assert.match(output, /wrong\.ts.*memoire/);
  });

  test('its command line shows help, checks a template and runs it', async () => {
    const bin = join(consumer, 'node_modules/.bin/tasker');
    assert.match(await ok(bin, ['--help'], consumer), /Usage: tasker/);
    assert.equal((await ok(bin, ['--version'], consumer)).trim(), manifest.version);

    const config = `export default {
      storage: { kind: 'sqlite', file: 'shop.db' },
      templates: ['order.yaml'],
      handlers: { Charge: ({ context }) => ({ charged: context.amount }) },
    };`;
    await writeFile(join(consumer, 'tasker.config.js'), config);
    const template = 'name: order\nversion: 1.0.0\nstep_templates:\n  - name: charge\n    handler_class: Charge\n';
    await writeFile(join(consumer, 'order.yaml'), template);
    await ok(bin, ['validate', 'order.yaml'], consumer);
    await writeFile(
      join(consumer, 'broken.yaml'),
      template.replace('handler_class: Charge', 'depends_on_step: nothing'),
    );
    const refused = await run(bin, ['validate', 'broken.yaml'], consumer);
    assert.equal(refused.code, 1, refused.output);
    assert.match(refused.output, /broken\.yaml:5:.*nothing/);

    const said = await ok(bin, ['run', 'order', '--context', '{"amount": 7}', '--json'], consumer);
    assert.match(said, /"charged": 7/);
  });
});

interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

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

async function ok(command: string, argv: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, output } = await run(command, argv, cwd);
  assert.equal(code, 0, `${command} ${argv.join(' ')}\n${output}`);
  return stdout;
}

function run(
  command: string,
  argv: readonly string[],
  cwd: string,
): Promise<{ readonly code: number; readonly stdout: string; readonly output: string }> {
  // npm hands its own place down; a project of its own must find its own.
  const { npm_config_local_prefix: _, INIT_CWD: __, ...rest } = process.env;
  const env = { ...rest, NO_COLOR: '1', PATH: `${join(root, 'node_modules/.bin')}:${rest['PATH'] ?? ''}` };
  return new Promise((resolve) => {
    execFile(command, argv, { cwd, env, encoding: 'utf8' }, (error: ExecFileException | null, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : 1;
      resolve({ code, stdout, output: `${stdout}${stderr}${error === null ? '' : error.message}` });
    });
  });
}
