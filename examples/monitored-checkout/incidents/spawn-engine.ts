import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { AlertNotice } from '../tasker.ts';
import type { EngineOptions, EngineSays } from './engine-words.ts';

export interface EngineProcess {
  readonly pid: number;
  readonly operationsUrl: string;
  /** Resolves when it has ended, however that came. */
  readonly ended: Promise<void>;
  /** Well: it leaves its work to the next one. */
  stop(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
}

const entry = fileURLToPath(new URL('./engine-process.ts', import.meta.url));

/** Resolves when it takes checkouts. It ends with this process. */
export async function spawnEngine(
  options: EngineOptions,
  onNotice: (notice: AlertNotice, receivedAtMs: number) => void,
): Promise<EngineProcess> {
  const child = spawn(process.execPath, [entry, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close').then(() => undefined);
  const operationsUrl = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = readSaid(line);
      if (said?.kind === 'ready') resolve(said.operationsUrl);
      if (said?.kind === 'notice') onNotice(said.notice, said.receivedAtMs);
    });
    void ended.then(() => reject(new Error('The engine ended before it was ready; it has said why on standard error')));
  });
  if (child.pid === undefined) throw new Error('The engine was started without a process id');
  return {
    pid: child.pid,
    operationsUrl,
    ended,
    stop: async () => {
      child.stdin.end();
      await ended;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** null for half a line: that of a process which was killed while it spoke. */
function readSaid(line: string): EngineSays | null {
  try {
    // Both ends are of this folder and of one version: a check would only repeat the type.
    return JSON.parse(line) as EngineSays;
  } catch {
    return null;
  }
}
