import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { clearAbandoned, isAlive, own } from './abandoned-servers.ts';
import { until } from './until.ts';

// Which server a process is, only Linux tells without a program of its own.
const onLinux = process.platform === 'linux' ? {} : { skip: 'servers are told apart by /proc' };

test(
  'what a killed test process left is cleared away, with its server; what a living one has stays',
  onLinux,
  async (t) => {
    const parent = await mkdtemp(join(tmpdir(), 'tasker-abandoned-'));
    t.after(() => rm(parent, { recursive: true, force: true }));
    /** A process that is gone by now. */
    const gone = spawn(process.execPath, ['-e', '']);
    await once(gone, 'exit');
    const folder = async (name: string, owner: string | null): Promise<{ path: string; server: number }> => {
      const path = join(parent, `tasker-postgres-${name}`);
      const data = join(path, 'data');
      await mkdir(data, { recursive: true });
      if (owner !== null) await writeFile(join(path, 'owner'), owner);
      const server = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)', '--', '-D', data]);
      t.after(() => server.kill('SIGKILL'));
      await writeFile(join(data, 'postmaster.pid'), `${server.pid}\n${data}\n`);
      return { path, server: server.pid ?? 0 };
    };
    const abandoned = await folder('abandoned', `${gone.pid} 1`);
    const reused = await folder('reused', `${process.pid} 1`);
    const mine = await folder('mine', null);
    await own(mine.path);
    const unknown = await folder('unknown', null);
    // Its server is gone, too, and the pid is another process's.
    const stranger = await folder('stranger', `${gone.pid} 1`);
    await writeFile(join(stranger.path, 'data', 'postmaster.pid'), `${process.pid}\n`);

    await clearAbandoned(parent);

    assert.deepEqual(
      [abandoned, reused, stranger, mine, unknown].map(({ path }) => existsSync(path)),
      [false, false, false, true, true],
    );
    await until(async () => !isAlive(abandoned.server));
    assert.ok(isAlive(mine.server) && isAlive(unknown.server) && isAlive(stranger.server));
  },
);
