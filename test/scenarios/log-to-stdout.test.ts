import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../support/log-to-stdout.ts', import.meta.url));

async function start(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'tasker-stdout-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return spawn(process.execPath, [entry, join(folder, 'tasker.db')], { stdio: ['ignore', 'pipe', 'pipe'] });
}

test('lines made in the thread beside the engine come out of the process, all and in order, before it ends', async (t) => {
  const child = await start(t);
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  assert.equal(code, 0);
  const lines = said
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly event: string; readonly 'event.position': number });
  assert.equal(lines.filter(({ event }) => event === 'task.completed').length, 20);
  const positions = lines.map((line) => line['event.position']);
  assert.deepEqual(
    positions,
    Array.from(positions, (_, index) => index + 1),
  );
});

test('a reader of standard output that goes away ends no workflow and no process', async (t) => {
  const child = await start(t);
  child.stdout.destroy();
  const [trouble, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  assert.equal(code, 0, trouble);
  assert.match(trouble, /all done/);
});
