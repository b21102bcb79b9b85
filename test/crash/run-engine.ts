import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { EngineProcessOptions } from './engine-process.ts';

const entry = fileURLToPath(new URL('./engine-process.ts', import.meta.url));

export interface EngineProcessResult {
  readonly killed: boolean;
  /** Statuses of all checkouts, if it came to its end. */
  readonly statuses: readonly string[] | null;
  readonly commits: number;
  readonly stderr: string;
}

/** Runs an engine process to its end; `killAfterCommits` sends SIGKILL once it has reported that many commits. */
export async function runEngine(
  options: EngineProcessOptions,
  killAfterCommits?: number,
): Promise<EngineProcessResult> {
  const child = spawn(process.execPath, [entry, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'pipe'] });
  let commits = 0;
  let statuses: readonly string[] | null = null;
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('ended ')) statuses = JSON.parse(line.slice(6)) as string[];
    if (line === 'commit') commits += 1;
    if (commits === killAfterCommits) child.kill('SIGKILL');
  });
  const [, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { killed: signal === 'SIGKILL', statuses, commits, stderr };
}
