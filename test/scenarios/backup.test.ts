import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { createTasker, defineTask } from '../../src/index.ts';

const job = defineTask({ name: 'job', step_templates: [{ name: 'work', handler: () => ({ done: true }) }] });

async function world(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), 'tasker-backup-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const open = async (file: string) => {
    const tasker = await createTasker(
      { storage: { kind: 'sqlite', file: join(dir, file) }, tasks: [job] },
      { env: {} },
    );
    t.after(() => tasker.stop());
    return tasker;
  };
  return { dir, open };
}

test('a backup made while the engine works is a store of its own, as of one moment', async (t) => {
  const { dir, open } = await world(t);
  const tasker = await open('tasker.db');
  await tasker.start();
  const { id } = await tasker.run({ name: 'job', context: {} });
  await tasker.wait(id);
  const working = Array.from({ length: 50 }, () => tasker.run({ name: 'job', context: {} }));
  const { file, bytes } = await tasker.backup(join(dir, 'copy.db'));
  await Promise.all(working);
  assert.ok(bytes > 0);
  assert.equal(file, join(dir, 'copy.db'));
  const copy = await open('copy.db');
  assert.equal((await copy.get(id)).status, 'complete');
  await copy.start();
  await (await copy.run({ name: 'job', context: {} })).wait();
});

test('a file that is there is not touched unless asked, and a directory that is not there is named', async (t) => {
  const { dir, open } = await world(t);
  const tasker = await open('tasker.db');
  await writeFile(join(dir, 'mine.txt'), 'mine');
  await assert.rejects(tasker.backup(join(dir, 'mine.txt')), {
    code: 'TASKER_BACKUP_FAILED',
    message: /there already/,
  });
  await tasker.backup(join(dir, 'mine.txt'), { overwrite: true });
  await assert.rejects(tasker.backup(join(dir, 'nowhere/copy.db')), { message: /there is no directory .*nowhere/ });
  assert.deepEqual(
    (await readdir(dir)).filter((name) => name.includes('unfinished')),
    [],
  );
});

test('a store in memory can be kept too', async (t) => {
  const { dir, open } = await world(t);
  const tasker = await createTasker({ storage: { kind: 'memory' }, tasks: [job] }, { env: {} });
  await tasker.start();
  const { id } = await tasker.run({ name: 'job', context: {} });
  await tasker.wait(id);
  await tasker.backup(join(dir, 'kept.db'));
  await tasker.stop();
  assert.equal((await (await open('kept.db')).get(id)).status, 'complete');
});
