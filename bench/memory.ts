// Whether the engine, with a durable subscriber that follows it, keeps anything of tasks that are over: the heap after many tasks, as a fraction of the heap after few.
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { MemoryMark } from './memory-child.ts';
import { calibrationMs, type BenchResult } from './result.ts';

const target = 1.2;

export async function benchMemory({ full }: { full: boolean }): Promise<BenchResult> {
  const few = full ? 50_000 : 5000;
  const many = full ? 1_000_000 : 50_000;
  // What lies between tells a leak from a cache that filled up.
  const counts = [few, ...[0.25, 0.5, 0.75, 1].map((share) => share * many)];
  const marks = await marksAfter(counts);
  const [first, last] = [marks[0], marks.at(-1)];
  if (first === undefined || last?.tasks !== many) throw new Error('the measured process ended before its last task');
  const ratio = last.heapBytes / first.heapBytes;
  const figures = {
    tasks: many,
    heapAfterFewMb: megabytes(first.heapBytes),
    heapAfterManyMb: megabytes(last.heapBytes),
    bytesPerTask: Math.round((last.heapBytes - first.heapBytes) / (many - few)),
    rssMb: megabytes(last.rssBytes),
    tasksPerSecond: Math.round(many / last.seconds),
    calibrationMs: round(calibrationMs()),
  };
  return {
    name: 'memory',
    table: [
      ...marks.map((mark): [string, string] => [
        `after ${mark.tasks} tasks`,
        `${megabytes(mark.heapBytes)} MB in use, process ${megabytes(mark.rssBytes)} MB, ${Math.round(mark.seconds)} s`,
      ]),
      ['kept of each task', `${figures.bytesPerTask} bytes`],
      ['calibration loop', `${figures.calibrationMs} ms`],
    ],
    figures,
    ratios: { heapGrowth: round(ratio) },
    target: `heapGrowth <= ${target}`,
    met: ratio <= target,
  };
}

async function marksAfter(counts: readonly number[]): Promise<readonly MemoryMark[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tasker-bench-'));
  const marks: MemoryMark[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      const child = fork(
        fileURLToPath(new URL('memory-child.ts', import.meta.url)),
        [join(folder, 'memory.db'), counts.join(',')],
        { execArgv: ['--expose-gc'] },
      );
      child.on('message', (mark) => marks.push(mark as MemoryMark));
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        if (code === 0) resolve();
        else reject(new Error(`the measured process ended with ${signal ?? code}`));
      });
    });
    return marks;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function megabytes(bytes: number): number {
  return round(bytes / 1_000_000);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
