import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export const bin = join(import.meta.dirname, '../../../bin/tasker.js');

export interface Child {
  readonly out: () => string;
  readonly err: () => string;
  readonly pid: number;
  /** Resolves when the text has come on stdout or stderr; rejects if the process ends before. */
  whenWritten(text: string): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
}

/** The command line as a user runs it: a process of its own. */
export function spawnTasker(t: TestContext, cwd: string, argv: readonly string[], input = ''): Child {
  if (!existsSync(bin)) throw new Error(`${bin} is not there`);
  const child = spawn(process.execPath, [bin, ...argv], { cwd, env: { ...process.env, NO_COLOR: '1' }, stdio: 'pipe' });
  const written = { out: '', err: '' };
  const watchers = new Set<() => void>();
  const collect = (channel: 'out' | 'err') => (chunk: string) => {
    written[channel] += chunk;
    for (const watcher of watchers) watcher();
  };
  child.stdout.setEncoding('utf8').on('data', collect('out'));
  child.stderr.setEncoding('utf8').on('data', collect('err'));
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  t.after(() => {
    child.kill('SIGKILL');
    return ended;
  });
  return {
    out: () => written.out,
    err: () => written.err,
    pid: child.pid ?? 0,
    whenWritten: (text) =>
      new Promise((resolve, reject) => {
        const watcher = (): void => {
          if (written.out.includes(text) || written.err.includes(text)) resolve();
        };
        watchers.add(watcher);
        watcher();
        void ended.then(() => reject(new Error(`ended without writing '${text}':\n${written.out}${written.err}`)));
      }),
    signal: (name) => child.kill(name),
    ended,
  };
}

export interface ChildRan {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export async function runTasker(
  t: TestContext,
  cwd: string,
  argv: readonly string[],
  input?: string,
): Promise<ChildRan> {
  const child = spawnTasker(t, cwd, argv, input);
  const code = await child.ended;
  return { code, out: child.out(), err: child.err() };
}
