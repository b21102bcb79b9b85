import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { readNames } from '../../src/cli/generate/names.ts';
import { tasker } from './support/fake-io.ts';
import { emptyProject, orderProject } from './support/project.ts';

describe('generate', () => {
  it('says what it wrote, and how the configuration comes to know it', async (t) => {
    const { dir } = await orderProject(t);
    await mkdir(join(dir, 'below'));
    const { code, out, err } = await tasker({ cwd: join(dir, 'below') }, ['generate', 'task', 'shop.cart']);
    assert.equal(code, 0, err);
    assert.equal(out, 'wrote  ../tasks/cart.ts\nwrote  ../tasks/cart.test.ts\n');
    assert.match(
      err,
      /^in \.\.\/tasker\.config\.ts:\n {2}import \{ cartTask \} from '\.\/tasks\/cart\.ts';\n.*tasks: \[cartTask\]/m,
    );
    assert.match(err, /hint: 'node --test \.\.\/tasks\/cart\.test\.ts' runs the test/);
    assert.match(err, /tasker run shop\.cart --context/);
    assert.doesNotMatch(err, /warning/);
    assert.match(await readFile(join(dir, 'tasks/cart.ts'), 'utf8'), /namespace_name: 'shop'/);
  });

  it('puts files under src where there is one, or where it is told to', async (t) => {
    const { dir } = await emptyProject(t);
    await mkdir(join(dir, 'src'));
    await tasker({ cwd: dir }, ['generate', 'step', 'charge']);
    await tasker({ cwd: dir }, ['generate', 'step', 'charge', '--dir', 'lib/steps']);
    for (const file of ['src/steps/charge.ts', 'src/steps/charge.test.ts', 'lib/steps/charge.ts'])
      assert.ok(existsSync(join(dir, file)), file);
    const told = await tasker({ cwd: dir }, ['generate', 'step', 'mail', '--dir', 'lib', '--json']);
    assert.deepEqual(JSON.parse(told.out), {
      kind: 'step',
      files: [join(dir, 'lib/mail.ts'), join(dir, 'lib/mail.test.ts')],
      import: "import { mailStep } from './lib/mail.ts';",
      config: { key: 'handlers', value: '{ Mail: mailStep }' },
    });
  });

  it('overwrites neither file, and writes neither when one is there', async (t) => {
    const { dir } = await emptyProject(t);
    await mkdir(join(dir, 'tasks'));
    const test = join(dir, 'tasks/order.test.ts');
    await writeFile(test, '// mine');
    const { code, err } = await tasker({ cwd: dir }, ['generate', 'task', 'order']);
    assert.equal(code, 5);
    assert.match(err, /TASKER_PROJECT_FILE_EXISTS.*order\.test\.ts is there already/s);
    assert.equal(await readFile(test, 'utf8'), '// mine');
    assert.equal(existsSync(join(dir, 'tasks/order.ts')), false);
  });

  it('refuses what names nothing', async (t) => {
    const { dir } = await emptyProject(t);
    for (const [argv, message] of [
      [['tasks', 'order'], /expected one of task, step, subscriber, got 'tasks'/],
      [['task', '7up'], /expected a name of letters/],
      [['task', 'order@1.0.0'], /leave '@1\.0\.0' out/],
      [['task', "sh'op.order"], /expected a namespace/],
      [['step', '../../etc/passwd'], /expected a name of letters/],
      [['step', `a${'b'.repeat(64)}`], /at most 64 characters/],
      [['step'], /name/],
    ] as const) {
      const { code, err } = await tasker({ cwd: dir }, ['generate', ...argv]);
      assert.deepEqual([code, message.test(err) ? '' : err], [2, '']);
    }
    assert.equal(existsSync(join(dir, 'tasks')), false);
  });

  it('warns of a project in which the files would not compile or run', async (t) => {
    const { dir, write } = await emptyProject(t);
    await write('package.json', '{}');
    await write('tsconfig.json', '{ "compilerOptions": { "module": "nodenext" } }');
    const { err } = await tasker({ cwd: dir }, ['generate', 'task', 'order']);
    assert.match(err, /package\.json needs "type": "module"/);
    assert.match(err, /tsconfig\.json needs "rewriteRelativeImportExtensions"/);
    assert.match(err, /in tasker\.config\.ts:/);
  });

  it('reads one name in every spelling', () => {
    const expected = { snake: 'charge_card', kebab: 'charge-card', camel: 'chargeCard', pascal: 'ChargeCard' };
    for (const text of ['charge_card', 'charge-card', 'ChargeCard', 'chargeCard', 'charge card', 'CHARGE_CARD'])
      assert.deepEqual(readNames(text), expected, text);
    assert.equal(readNames('HTTPCall2').snake, 'http_call2');
  });
});
