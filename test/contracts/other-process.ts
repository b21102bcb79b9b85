import { type ChildProcess, execFileSync, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { chownSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./storage-process.ts', import.meta.url));

export type Line = Readonly<Record<string, unknown>>;

export interface Other {
  readonly lines: AsyncIterator<Line>;
  /** SIGKILL, as the system's memory killer does it; resolves when the process is gone. */
  kill(): Promise<void>;
  readonly ended: Promise<void>;
}

export function startOther(command: string, file: string, argument = ''): Other {
  return follow(spawn(process.execPath, [script, command, file, argument], piped));
}

/** Runs to its end and gives its only line. */
export async function askOther(
  command: string,
  file: string,
  argument = '',
  options: SpawnOptions = {},
): Promise<Line> {
  return onlyLine(follow(spawn(process.execPath, [script, command, file, argument], { ...piped, ...options })));
}

/** The same in a mount namespace of its own, after `prepare` has mounted there what the test needs. */
export async function askOtherWithMount(prepare: string, command: string, file: string, argument = ''): Promise<Line> {
  const shell = `${prepare} && exec "$0" "$@"`;
  const args = ['-m', 'sh', '-ec', shell, process.execPath, script, command, file, argument];
  return onlyLine(follow(spawn('unshare', args, piped)));
}

export const canMount: boolean = (() => {
  try {
    execFileSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs -o size=1m none /mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** Root may write everywhere, so tests of permissions run as "nobody" then. */
export const unprivileged: SpawnOptions = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

export async function withDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'tasker-faults-'));
  if (unprivileged.uid !== undefined) chownSync(directory, unprivileged.uid, unprivileged.uid);
  try {
    await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const piped: SpawnOptions = { stdio: ['ignore', 'pipe', 'inherit'] };

function follow(child: ChildProcess): Other {
  const ended = once(child, 'exit').then(() => undefined);
  return {
    lines: linesOf(child),
    ended,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function* linesOf(child: ChildProcess): AsyncGenerator<Line> {
  if (child.stdout === null) return;
  for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line) as Line;
}

async function onlyLine(other: Other): Promise<Line> {
  const first = await other.lines.next();
  await other.ended;
  if (first.done === true) throw new Error('the other process ended without an answer');
  return first.value;
}
