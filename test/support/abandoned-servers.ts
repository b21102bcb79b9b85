import { readFileSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** In the folder of a server: whose it is, as `pid start`. A pid alone may be another process's by now. */
const ownerFile = 'owner';
export const folderPrefix = 'tasker-postgres-';

/** When a process began, in the kernel's ticks; null when there is none, or this is no Linux. */
function startOf(pid: number): string | null {
  try {
    // What is in parentheses, the program's name, may hold spaces.
    const [, fields = ''] = /\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return fields.split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** From here on the folder is this process's, and goes when that is gone. */
export async function own(folder: string): Promise<void> {
  await writeFile(join(folder, ownerFile), `${process.pid} ${startOf(process.pid) ?? ''}`);
}

/**
 * Ends the servers, and removes the folders, of test processes that were killed. A folder that does not say whose it is
 * may be one that is just being made: it stays.
 */
export async function clearAbandoned(parent: string): Promise<void> {
  const names = await readdir(parent);
  for (const name of names.filter((one) => one.startsWith(folderPrefix))) {
    const folder = join(parent, name);
    const owner = await readFile(join(folder, ownerFile), 'utf8').catch(() => null);
    if (owner === null || isOwnerThere(owner)) continue;
    if (await hasEnded(join(folder, 'data'))) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

function isOwnerThere(owner: string): boolean {
  const [pid = '', start = ''] = owner.split(' ');
  if (!/^[1-9]\d*$/.test(pid)) return true;
  return isAlive(Number(pid)) && (start === '' || (startOf(Number(pid)) ?? start) === start);
}

/** Ends it only where the process of that pid says itself that it is the server of this data; false: nobody knows. */
async function hasEnded(data: string): Promise<boolean> {
  const pid = await runningPid(data);
  if (pid === null || !isAlive(pid)) return true;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null);
  if (command === null) return false;
  if (!command.split('\0').includes(data)) return true;
  // At once, and nothing is written out: nobody will ask for it.
  process.kill(pid, 'SIGQUIT');
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
  return true;
}

/** The server's main process, from the file that it keeps while it runs. */
export async function runningPid(data: string): Promise<number | null> {
  try {
    const [first = ''] = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n');
    return Number(first);
  } catch {
    return null;
  }
}
