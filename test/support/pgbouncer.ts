import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { freePort } from '../prometheus/start-prometheus.ts';
import { needsOwnPostgres } from './postgres.ts';

const path = [process.env.PATH, '/usr/sbin'].join(':');
const isThere = spawnSync('pgbouncer', ['--version'], { env: { PATH: path } }).status === 0;

/** For `describe` and `it`. */
export const needsPgBouncer = isThere
  ? needsOwnPostgres
  : { skip: 'there is no pgbouncer on the PATH (apt-get install pgbouncer)' };

/** A PgBouncer of this test's own before the server of `url`; the URL that leads through it. */
export async function startPgBouncer(
  t: TestContext,
  url: string,
  mode: 'session' | 'transaction',
  settings = '',
): Promise<string> {
  const through = new URL(url);
  const folder = await mkdtemp(join(tmpdir(), 'tasker-pgbouncer-'));
  // It refuses to run as root, and whoever runs it then must get in.
  await chmod(folder, 0o755);
  const users = join(folder, 'users.txt');
  const configuration = join(folder, 'pgbouncer.ini');
  const port = await freePort();
  await writeFile(users, `"${through.username}" "${through.password}"\n`);
  await writeFile(
    configuration,
    `[databases]\n* = host=${through.hostname} port=${through.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\nauth_type = plain\nauth_file = ${users}\npool_mode = ${mode}\n${settings}\n`,
  );
  const asRoot = process.getuid?.() === 0;
  const child = spawn('pgbouncer', [...(asRoot ? ['-u', 'postgres'] : []), configuration], {
    env: { PATH: path },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (text) => {
      said += String(text);
      if (said.includes('process up')) resolve();
    });
    child.once('exit', () => reject(new Error(`pgbouncer did not start: ${said}`)));
  });
  through.port = String(port);
  return through.href;
}
