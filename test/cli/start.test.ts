import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { main } from '../../src/cli/main.ts';
import { until } from '../support/until.ts';
import { fakeIo } from './support/fake-io.ts';
import { emptyProject } from './support/project.ts';

describe('start', () => {
  it('ends when it is interrupted while its observers are still being loaded', { timeout: 20_000 }, async (t) => {
    const { dir, write } = await emptyProject(t);
    const index = new URL('../../src/index.ts', import.meta.url).href;
    await write('package.json', '{ "type": "module" }');
    await write(
      'slow.ts',
      `import { writeFileSync } from 'node:fs';
       import { isMainThread } from 'node:worker_threads';
       import { defineSubscriber } from '${index}';
       if (!isMainThread) {
         writeFileSync('${join(dir, 'loading')}', '');
         await new Promise(() => setInterval(() => undefined, 1000));
       }
       export default defineSubscriber({ name: 'slow', on: { 'task.completed': () => undefined } });`,
    );
    await write(
      'tasker.config.ts',
      `export default { storage: { kind: 'sqlite', file: 'tasker.db' }, subscribers: ['./slow.ts'] };`,
    );
    const io = fakeIo({ cwd: dir });
    const running = main(['start'], io);
    await until(async () => existsSync(join(dir, 'loading')));
    io.interrupt();
    assert.equal(await running, 0, io.err());
    assert.doesNotMatch(io.out(), /engine\.started/);
    assert.match(io.out(), /engine\.stopped/);
  });
});
