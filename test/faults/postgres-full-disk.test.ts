import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';

import { isTaskerError } from '../../src/shared/errors.ts';
import { needsOwnPostgres, startServer } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { gate } from '../support/world.ts';
import { checkCheckouts, checkout, ends, order, work } from './checkouts.ts';

function mounted(directory: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'none', directory], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A server with a database on a small disk of its own; null where nothing can be mounted. */
async function onSmallDisk(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'tasker-small-disk-'));
  const disk = join(directory, 'disk');
  await mkdir(disk);
  if (!mounted(disk)) {
    await rm(directory, { recursive: true });
    return null;
  }
  const home = join(directory, 'server');
  await mkdir(home);
  const releases: (() => unknown)[] = [
    () => rm(directory, { recursive: true, force: true }),
    () => execFileSync('umount', [disk]),
  ];
  t.after(async () => {
    for (const release of releases.toReversed()) await release();
  });
  await chmod(directory, 0o755);
  const server = await startServer({ directory: home });
  releases.push(() => server.stop());
  const { uid, gid } = await stat(join(home, 'data'));
  const space = join(disk, 'space');
  await mkdir(space);
  await chown(space, uid, gid);
  const admin = await server.createDatabase();
  await admin.query(`create tablespace small location '${space}'`);
  const database = await server.createDatabase();
  await admin.query(`alter database ${database.name} set tablespace small`);
  return { database, ballast: join(disk, 'ballast') };
}

/** Takes all the space there is. */
async function fill(ballast: string): Promise<void> {
  const block = Buffer.alloc(256 * 1024);
  try {
    for (;;) await writeFile(ballast, block, { flag: 'a' });
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  }
}

describe('A full disk under PostgreSQL', needsOwnPostgres, () => {
  it('refuses new tasks, says so once, and work goes on by itself when there is space', async (t) => {
    const small = await onSmallDisk(t);
    if (small === null) return t.skip('this user may not mount file systems');
    const { database, ballast } = small;
    const bank = gate<object>();
    const { tasker, warnings } = await work(t, database.url, [checkout(() => bank.promise)]);
    const handles = await order(tasker, 5);
    await fill(ballast);
    // There is room left on pages that are there already.
    let accepted = 5;
    const refusal = await until(async () => {
      try {
        handles.push(...(await order(tasker, 1, accepted + 1)));
        accepted += 1;
        return null;
      } catch (error) {
        return isTaskerError(error) ? error : assert.fail(String(error));
      }
    });
    assert.equal(refusal.code, 'TASKER_STORAGE_FULL');
    assert.match(refusal.message, /No space is left on the disk.*nothing was written.*Free space/);
    // What has been paid cannot be recorded yet.
    bank.open({ receipt: 'x'.repeat(20_000) });
    await until(async () => /No space is left/.test(tasker.status().lastStorageError ?? ''));
    await truncate(ballast, 0);
    await ends(handles);
    handles.push(...(await order(tasker, 1, accepted + 1)));
    await ends(handles);
    assert.ok(warnings.filter((warning) => warning.includes('No space is left')).length <= 1, warnings.join('\n'));
    await tasker.stop();
    await checkCheckouts(database.url, accepted + 1);
  });
});
