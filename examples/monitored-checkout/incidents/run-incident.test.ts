import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../start.ts', import.meta.url));
/** `npm run test:long` has the time. */
const tooLong = Number(process.env['TASKER_TEST_SCALE'] ?? 1) > 1 ? false : 'a minute long: npm run test:long runs it';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tasker-incident-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** `npm start -- …` in a process of its own, where nothing can be redrawn. */
async function start(...args: readonly string[]) {
  const { NODE_OPTIONS: _, TASKER_ENV: __, ...env } = process.env;
  const child = spawn(process.execPath, [entry, ...args], {
    env: { ...env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await ended) as [number | null];
  return { code, stdout, stderr };
}

describe('npm start -- --incident', { skip: tooLong }, () => {
  it('worker-crash: a killed engine is replaced, its checkouts go on, and nobody pays twice', async () => {
    const store = join(folder, 'crash.db');
    const beside = join(folder, 'other.txt');
    await writeFile(beside, 'kept');
    const times = ['--rate', '10', '--healthy', '3', '--fault', '1', '--watch', '60'];
    const { code, stdout } = await start('--incident', 'worker-crash', '--store', store, ...times);
    assert.match(stdout, /fault +kill -9 \d+: the engine's process is gone/);
    assert.match(stdout, /seen +the new engine finds that process \d+ ended without a word/);
    const [, lost, again] =
      /(\d+) attempts ended with their process.*\n.* (\d+) calls came again and got the first one's answer; no cart was paid twice/.exec(
        stdout,
      ) ?? [];
    assert.ok(Number(lost) > 0 && Number(again) > 0, stdout);
    const [, begun, completed] =
      /In truth: (\d+) checkouts begun, (\d+) completed, 0 failed for good/.exec(stdout) ?? [];
    assert.ok(Number(begun) > 0);
    assert.equal(completed, begun);
    assert.match(stdout, /RESOLVED Worker .* was lost/);
    assert.equal(code, 0, stdout);
  });

  it('inventory-hang: somebody is told within ten seconds, of the step, the cause, whom and how much, and that it is over', async () => {
    const times = ['--healthy', '10', '--fault', '15', '--watch', '60'];
    const { code, stdout } = await start('--incident', 'inventory-hang', '--store', join(folder, 'h.db'), ...times);
    const [, seconds] = /^Told (\S+) s after the log showed it first/m.exec(stdout) ?? [];
    assert.ok(Number(seconds) <= 10, stdout);
    assert.match(stdout, /^ +where +update_inventory of ecommerce\.monitored_checkout, .*: right$/m);
    assert.match(stdout, /^ +cause +\w+: right$/m);
    assert.match(stdout, /^ +whom +\d+ checkouts, .*: right$/m);
    assert.match(stdout, /^ +money +at most (?!nothing).* at risk/m);
    assert.match(stdout, /RESOLVED/);
    assert.equal(code, 0, stdout);
  });

  it('that is interrupted among the trouble ends, and leaves nothing running', async () => {
    const child = spawn(
      process.execPath,
      [entry, '--incident', 'worker-crash', '--healthy', '1', '--fault', '60', '--store', join(folder, 'i.db')],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    // What it has started holds its output open: it closes only when the last of them has gone.
    const closed = once(child, 'close');
    let said = '';
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      said += String(chunk);
      if (said.includes('kill -9') && !child.killed) child.kill('SIGINT');
    }
    assert.deepEqual(await closed, [1, null]);
    assert.match(said, /Interrupted\.\n$/);
  });

  it('of a name that there is none of says which there are', async () => {
    const { code, stderr } = await start('--incident', 'inventory-hung');
    assert.equal(code, 1);
    assert.match(stderr, /--incident: expected one of inventory-hang, payment-errors, .*; got 'inventory-hung'/);
  });
});
