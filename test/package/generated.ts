import assert from 'node:assert/strict';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';

import { consumerOptions, type Installed, ok, root, run } from './packed.ts';

interface Told {
  readonly files: readonly string[];
  readonly import: string;
  readonly config: { readonly key: string; readonly value: string };
}

/** The strictest that a project may ask for. */
const strictest = {
  ...consumerOptions,
  noEmit: true,
  allowImportingTsExtensions: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noPropertyAccessFromIndexSignature: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  isolatedModules: true,
};

/** `place` answers once the package is there: from a hook or a test on. */
export function generated(place: () => Installed): void {
  describe('what tasker generate writes, in a project with the package installed', () => {
    let project = '';
    let bin = '';
    const told = new Map<string, Told>();

    before(async () => {
      const { dir, consumer } = place();
      project = join(dir, 'project');
      bin = join(project, 'node_modules/.bin/tasker');
      await mkdir(project);
      await writeFile(join(project, 'package.json'), '{ "name": "project", "private": true, "type": "module" }');
      // A project of its own beside the consumer's: only what is installed is shared.
      await symlink(join(consumer, 'node_modules'), join(project, 'node_modules'));
      await writeFile(
        join(project, 'tsconfig.json'),
        JSON.stringify({ compilerOptions: strictest, exclude: ['node_modules'] }),
      );
      for (const [kind, name] of [
        ['task', 'shop.order'],
        ['task', 'delete'],
        ['step', 'ChargeCard'],
        ['step', 'default'],
        ['subscriber', 'failure-watch'],
      ] as const) {
        const said = await ok(bin, ['generate', kind, name, '--json'], project);
        told.set(`${kind} ${name}`, JSON.parse(said) as Told);
      }
    });

    test('lies where it is looked for', () => {
      assert.deepEqual(
        [...told.values()].flatMap(({ files }) => files.map((file) => file.replace(`${project}/`, ''))),
        ['tasks/order', 'tasks/delete', 'steps/charge-card', 'steps/default', 'subscribers/failure-watch'].flatMap(
          (file) => [`${file}.ts`, `${file}.test.ts`],
        ),
      );
    });

    test('passes the compiler at its strictest', async () => {
      await ok(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project], project);
    });

    test('passes its own tests', async () => {
      const files = [...told.values()].flatMap((each) => each.files).filter((file) => file.endsWith('.test.ts'));
      const said = await ok(process.execPath, ['--test', '--test-reporter=tap', ...files], project);
      assert.match(said, new RegExp(`^# pass ${1 + 2 * (files.length - 1)}$`, 'm'));
    });

    test('passes lint, with types, floating promises and all', async () => {
      const config = JSON.parse(await readFile(join(root, '.oxlintrc.json'), 'utf8')) as {
        rules: Record<string, unknown>;
      };
      // Ours lets a test stand without await; theirs need not.
      config.rules['typescript/no-floating-promises'] = 'error';
      await writeFile(join(project, '.oxlintrc.json'), JSON.stringify(config));
      const lint = ['--type-aware', '--deny-warnings', 'tasks', 'steps', 'subscribers'];
      await ok(join(root, 'node_modules/.bin/oxlint'), lint, project);
      await writeFile(
        join(project, 'steps/floating.test.ts'),
        `import { test } from 'node:test';\ntest('x', () => {});\n`,
      );
      const refused = await run(join(root, 'node_modules/.bin/oxlint'), lint, project);
      await rm(join(project, 'steps/floating.test.ts'));
      assert.match(refused.output, /no-floating-promises/, 'the lint that passes is one that finds something');
    });

    test('runs once the configuration has what it was told to have', async () => {
      const parts = ['task shop.order', 'step ChargeCard', 'subscriber failure-watch'].flatMap((key) => {
        const each = told.get(key);
        return each === undefined ? [] : [each];
      });
      assert.equal(parts.length, 3);
      const config = [
        `import { defineConfig } from 'tasker';`,
        ...parts.map((part) => part.import),
        `export default defineConfig({ templates: ['charge.yaml'],`,
        ...parts.map(({ config: { key, value } }) => `  ${key}: ${value},`),
        '});\n',
      ].join('\n');
      await writeFile(join(project, 'tasker.config.ts'), config);
      await writeFile(
        join(project, 'charge.yaml'),
        'name: charge\nstep_templates:\n  - { name: charge_card, handler_class: ChargeCard }\n',
      );
      await ok(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project], project);
      const order = await ok(bin, ['run', 'shop.order', '--context', '{"id": "one"}', '--json'], project);
      assert.match(order, /"prepared": "one"/);
      assert.match(await ok(bin, ['run', 'charge', '--context', '{"id": "two"}', '--json'], project), /"done": "two /);
    });

    test('overwrites nothing', async () => {
      const code = join(project, 'tasks/order.ts');
      await writeFile(code, '// mine');
      await rm(join(project, 'tasks/order.test.ts'));
      const refused = await run(bin, ['generate', 'task', 'shop.order'], project);
      assert.equal(refused.code, 5, refused.output);
      assert.equal(await readFile(code, 'utf8'), '// mine');
      await assert.rejects(readFile(join(project, 'tasks/order.test.ts')), { code: 'ENOENT' });
    });
  });
}
