import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('./acknowledging-process.ts', import.meta.url));
const traceable = spawnSync('strace', ['-V']).status === 0;

test(
  'nothing is acknowledged, and no handler called, before what it rests on is flushed to disk',
  { skip: traceable ? false : 'strace is not installed: the order of system calls cannot be seen' },
  (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'tasker-durability-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const trace = join(folder, 'trace');
    const database = join(folder, 'tasker.db');
    const calls = 'trace=write,pwrite64,fsync,fdatasync';
    // `-y` names the file behind each descriptor; `-f` follows all threads.
    const run = spawnSync('strace', ['-f', '-y', '-e', calls, '-o', trace, process.execPath, entry, database], {
      encoding: 'utf8',
    });
    assert.equal(run.status, 0, run.stderr);
    const steps = readFileSync(trace, 'utf8')
      .split('\n')
      .flatMap((line) => describe(line, database) ?? []);
    const from = steps.indexOf('MARK running');
    assert.deepEqual(collapse(steps.slice(from)).slice(0, 12), [
      'MARK running',
      'write to the log file',
      'flush of the log file',
      'MARK accepted and MARK handler first',
      'write to the log file',
      'flush of the log file',
      'MARK handler second',
      'write to the log file',
      'flush of the log file',
      'MARK ended',
      'write to the log file',
      'flush of the log file',
    ]);
  },
);

function describe(line: string, database: string): string | null {
  const mark = /write\(1<[^>]*>, "(MARK [^\\]*)\\n"/.exec(line);
  if (mark?.[1] !== undefined) return mark[1];
  if (!line.includes(`${database}-wal>`)) return null;
  if (/pwrite64\(/.test(line)) return 'write to the log file';
  return /(fdatasync|fsync)\(/.test(line) ? 'flush of the log file' : null;
}

/** One line for a run of equal ones. Accepting and calling the first handler rest on the same flush, in either order. */
function collapse(steps: readonly string[]): string[] {
  const both = ['MARK accepted', 'MARK handler first'];
  const lines: string[] = [];
  for (const step of steps) {
    const known = both.includes(step) ? 'MARK accepted and MARK handler first' : step;
    if (lines.at(-1) !== known) lines.push(known);
  }
  return lines;
}
