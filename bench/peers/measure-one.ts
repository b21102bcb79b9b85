// node measure-one.ts <contender> <warm-up ms> <window ms>: one contender in a process of its own, its report sent to the parent.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { inFlight } from '../checkout-work.ts';
import type { ContenderName, ContenderReport } from './contender.ts';
import { contenders } from './contenders.ts';
import { measure } from './lanes.ts';

async function report(name: ContenderName, warmUpMs: number, windowMs: number): Promise<ContenderReport> {
  const folder = await mkdtemp(join(tmpdir(), 'tasker-bench-peers-'));
  // PostgreSQL may run as a user of its own, who must be able to come in.
  await chmod(folder, 0o777);
  try {
    const start = await contenders[name]();
    const contender = await start(folder);
    try {
      const figures = await measure(contender, { kind: 'closed', inFlight }, { warmUpMs, windowMs });
      return { kind: 'measured', versions: contender.versions, durability: contender.durability, ...figures };
    } finally {
      await contender.stop();
    }
  } catch (error) {
    return { kind: 'skipped', reason: error instanceof Error ? error.message : String(error) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const [name = '', warmUpMs = '', windowMs = ''] = process.argv.slice(2);
const message = await report(name as ContenderName, Number(warmUpMs), Number(windowMs));
// A contender's library may keep timers: the process ends when it has spoken, whatever is left.
process.send?.(message, undefined, undefined, () => process.exit());
