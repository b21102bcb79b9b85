import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { until } from '../support/until.ts';
import type { WorkerProcessOptions } from './worker-process.ts';

const entry = fileURLToPath(new URL('./worker-process.ts', import.meta.url));

export interface StartedWorker {
  readonly pid: number;
  /** Resolves once it has said this. */
  said(line: string): Promise<void>;
  /** Its payments are made from here on. */
  pay(): void;
  /** Stops it like a machine that is suspended, until the returned function is called or this process ends. */
  freeze(): Promise<() => void>;
}

/** A worker process that ends with the test. `through`: a command that runs it. */
export async function startWorker(
  t: { after(end: () => unknown): void },
  options: WorkerProcessOptions,
  through: readonly string[] = [],
): Promise<StartedWorker> {
  const [command = process.execPath, ...args]: readonly string[] = [...through, process.execPath];
  const child = spawn(command, [...args, entry, JSON.stringify(options)], { stdio: 'pipe' });
  const closed = once(child, 'close');
  t.after(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  child.stdin.on('error', () => undefined);
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(`warning: ${line}`));
  const worker: StartedWorker = {
    pid: child.pid ?? 0,
    said: async (line) => {
      await until(async () => {
        if (child.exitCode !== null) throw new Error(`the worker has ended: ${lines.join('\n')}`);
        return lines.includes(line) || null;
      });
    },
    pay: () => void child.stdin.write('pay\n'),
    async freeze() {
      // A shell wakes it again, so that it does not stay frozen whatever becomes of this process.
      const script = `kill -STOP ${worker.pid}; echo frozen; read -r _; kill -CONT ${worker.pid}`;
      const shell = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'] });
      await once(shell.stdout, 'data');
      return () => void shell.stdin.end();
    },
  };
  await worker.said('ready');
  return worker;
}
