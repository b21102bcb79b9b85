import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';

import { findOldNode, whyNoOldNode } from './find-old-node.ts';
import { consumerOptions, install, type Installed, ok, root, run } from './packed.ts';

const otlp = 'tasker/otlp';

/** `place` answers once the package is there: from a hook or a test on. Installs OpenTelemetry beside it at last. */
export function published(place: () => Installed): void {
  describe('the package as it is published', () => {
    let consumer = '';
    let manifest: Manifest;

    before(async () => {
      consumer = place().consumer;
      manifest = JSON.parse(await readFile(join(consumer, 'node_modules/tasker/package.json'), 'utf8')) as Manifest;
    });

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
      // The one whose packages only some need comes last; until then nothing of OpenTelemetry is there.
      const paths = Object.keys(manifest.exports)
        .map((path) => join('tasker', path))
        .filter((path) => path !== otlp);
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

    test('its OTLP sink says which package it wants, and sends with what npm installs for it', async () => {
      await writeFile(
        join(consumer, 'traced.js'),
        `import { createServer } from 'node:http';
      import { createTasker, defineTask } from 'tasker';
      import { otlpSink } from 'tasker/otlp';
      let bytes = 0;
      const receiver = createServer((request, response) => {
        request.on('data', (part) => (bytes += part.length)).on('end', () => response.end());
      });
      await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
      const sink = otlpSink({ url: 'http://127.0.0.1:' + receiver.address().port });
      const task = defineTask({ name: 'order', step_templates: [{ name: 'pay', handler: () => 1 }] });
      const tasker = await createTasker({ storage: { kind: 'memory' }, tasks: [task], sinks: [sink] });
      await tasker.start();
      await (await tasker.run({ name: 'order', context: {} })).wait();
      await tasker.stop();
      console.log(bytes > 0 ? 'sent' : 'nothing');
      process.exit();`,
      );
      const without = await run(process.execPath, ['traced.js'], consumer);
      assert.equal(without.code, 1);
      assert.match(without.output, /Cannot find package '@opentelemetry\/[a-z-]+'/);
      const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
        readonly devDependencies: Readonly<Record<string, string>>;
      };
      const wanted = ['@opentelemetry/api', '@opentelemetry/otlp-transformer'];
      await install(consumer, ...wanted.map((name) => `${name}@${devDependencies[name]}`));
      assert.equal((await ok(process.execPath, ['traced.js'], consumer)).trim(), 'sent');
    });

    test('its command line shows help, checks a template and runs it', async () => {
      const bin = join(consumer, 'node_modules/.bin/tasker');
      assert.match(await ok(bin, ['--help'], consumer), /Usage: tasker/);
      assert.equal((await ok(bin, ['--version'], consumer)).trim(), manifest.version);

      const config = `export default {
      storage: { kind: 'sqlite', file: 'shop.db' },
      templates: ['order.yaml'],
      handlers: { Charge: ({ context }) => ({ charged: context.amount }) },
      subscribers: ['./sales.js'],
    };`;
      const sales = `import { defineSubscriber } from 'tasker';
    import { isMainThread } from 'node:worker_threads';
    export default defineSubscriber({
      name: 'sales',
      state: { initial: () => ({}) },
      on: { 'task.completed': (event, context) => { context.state = { task: event.taskId, isMainThread }; } },
    });`;
      await writeFile(join(consumer, 'sales.js'), sales);
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
      const show = `import { createTasker, loadConfigFile } from 'tasker';
    const { config, baseDir } = await loadConfigFile({ cwd: '.' });
    const tasker = await createTasker(config, { baseDir });
    console.log(JSON.stringify(await tasker.subscriberState('sales')));
    await tasker.stop();`;
      await writeFile(join(consumer, 'show.js'), show);
      const state = JSON.parse(await ok(process.execPath, ['show.js'], consumer)) as {
        readonly isMainThread?: boolean;
      };
      assert.equal(state.isMainThread, false, 'a subscriber that is named by its module has a thread of its own');
    });
  });
}

interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
}
