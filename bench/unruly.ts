// Checkouts per second beside a subscriber that does what it should not, as a fraction of those beside none.
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { runCheckouts } from './checkout-load.ts';
import { calibrationMs, median, type BenchResult } from './result.ts';
import { hows } from './unruly-subscriber.ts';

const module = join(import.meta.dirname, 'unruly-subscriber.ts');
const least = 0.75;
const oldTasks = 8000;

export async function benchUnruly({ full }: { full: boolean }): Promise<BenchResult> {
  const tasks = full ? 10_000 : 2500;
  const rounds = full ? 5 : 2;
  const folder = await mkdtemp(join(tmpdir(), 'tasker-bench-'));
  const rates = new Map<string, number[]>();
  const measure = async (what: string, subscribers: Parameters<typeof runCheckouts>[3]): Promise<void> => {
    const file = join(folder, 'run.db');
    await copyFile(join(folder, 'old.db'), file);
    const { seconds } = await runCheckouts(file, tasks, undefined, subscribers);
    rates.set(what, [...(rates.get(what) ?? []), tasks / seconds]);
    for (const suffix of ['', '-wal', '-shm', '.lock']) await rm(`${file}${suffix}`, { force: true });
  };
  try {
    // Every engine begins with the same log of more than 100,000 events.
    await runCheckouts(join(folder, 'old.db'), oldTasks);
    for (let round = 0; round < rounds; round += 1) {
      await measure('none', []);
      for (const how of hows) await measure(how, [{ module, options: { how } }]);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const none = rates.get('none') ?? [];
  const ratio = (what: string): number => {
    const each = (rates.get(what) ?? []).map((rate, round) => rate / (none[round] ?? rate));
    return Math.round(median(each) * 100) / 100;
  };
  const ratios = Object.fromEntries(hows.map((how) => [how, ratio(how)]));
  return {
    name: 'unruly',
    table: [
      ['without a subscriber', `${Math.round(median(none))}/s`],
      ...hows.map((how) => [`beside one that ${how}`, `${ratio(how)} of without`] as const),
      ['calibration loop', `${Math.round(calibrationMs() * 10) / 10} ms`],
    ],
    figures: { none: Math.round(median(none)) },
    ratios,
    target: `beside each at least ${least} of without`,
    met: Object.values(ratios).every((each) => each >= least),
  };
}
