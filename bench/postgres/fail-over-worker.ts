// A `tasker worker` as its own process, and what it has said, with the time at which it was heard.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { Told } from './fail-over-app/tell.ts';

export interface Heard {
  readonly atMs: number;
  readonly worker: FleetWorker;
  readonly told: Told;
}

export interface FleetWorker {
  /** Resolves when it has ended. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

export interface WorkerEnvironment extends NodeJS.ProcessEnv {
  readonly DATABASE_URL: string;
  readonly LEASE_MS: string;
  readonly NODE_COMPILE_CACHE: string;
}

const bin = fileURLToPath(new URL('../../bin/tasker.js', import.meta.url));
const app = fileURLToPath(new URL('fail-over-app', import.meta.url));

/** Resolves once it works. */
export async function startFleetWorker(env: WorkerEnvironment, hear: (heard: Heard) => void): Promise<FleetWorker> {
  const child = spawn(process.execPath, [bin, 'worker'], {
    cwd: app,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // A bench that is interrupted must not leave workers behind.
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  const exited = once(child, 'exit').then(() => process.removeListener('exit', kill));
  const worker: FleetWorker = {
    async end(signal) {
      child.kill(signal);
      await exited;
    },
  };
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code, signal) => reject(new Error(`a worker ended (${signal ?? code}) before it was told to`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const atMs = performance.now();
      if (line.startsWith('engine.started')) resolve();
      if (line.startsWith('{')) hear({ atMs, worker, told: JSON.parse(line) as Told });
    });
  });
  return worker;
}
