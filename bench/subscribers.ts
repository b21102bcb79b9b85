// Checkouts per second with durable subscribers that have caught up, as a fraction of those without, in one run.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { defineSubscriber, type SubscriberDefinition } from '../src/index.ts';
import { runCheckouts } from './checkout-load.ts';
import { calibrationMs, median, type BenchResult } from './result.ts';

const mostForFirst = 0.15;
const mostForFurther = 0.03;

interface Totals {
  readonly events: number;
  readonly value: number;
}

/** Counts every event and sums what was sold: a state that changes with each. */
export function counting(name: string): SubscriberDefinition {
  return defineSubscriber<Totals>({
    name,
    state: { initial: () => ({ events: 0, value: 0 }) },
    on: {
      '*': (event, context) => {
        const sold = event.name === 'task.completed' ? Number(event.business?.['order_value']) : 0;
        context.state = { events: context.state.events + 1, value: context.state.value + sold };
      },
    },
  });
}

export async function benchSubscribers({ full }: { full: boolean }): Promise<BenchResult> {
  const tasks = full ? 10_000 : 2500;
  // Half of them backwards, so that a machine that warms up or tires favours neither.
  const rounds = full ? 8 : 6;
  const folder = await mkdtemp(join(tmpdir(), 'tasker-bench-'));
  const counts = [0, 1, 4, 10];
  let mostLag = 0;
  const rates = new Map<number, number[]>(counts.map((count) => [count, []]));
  try {
    await runCheckouts(join(folder, 'warm.db'), 500, undefined, [counting('warm')]);
    for (let round = 0; round < rounds; round += 1) {
      for (const count of round % 2 === 0 ? counts : counts.toReversed()) {
        const subscribers = Array.from({ length: count }, (_unused, index) => counting(`counter-${index}`));
        const file = join(folder, `${count}-${round}.db`);
        const { seconds, lag } = await runCheckouts(file, tasks, undefined, subscribers);
        rates.get(count)?.push(tasks / seconds);
        mostLag = Math.max(mostLag, lag);
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const perSecond = (count: number): number => Math.round(median(rates.get(count) ?? []));
  const ratio = (count: number): number => {
    const none = rates.get(0) ?? [];
    return Math.round(median((rates.get(count) ?? []).map((rate, round) => rate / (none[round] ?? rate))) * 100) / 100;
  };
  const first = 1 - ratio(1);
  const further = (ratio(1) - ratio(10)) / 9;
  return {
    name: 'subscribers',
    table: [
      ['without subscribers', `${perSecond(0)}/s`],
      ...counts
        .slice(1)
        .map((count) => [`with ${count}, all events`, `${perSecond(count)}/s, ${ratio(count)} of without`] as const),
      ['furthest behind at the end', `${mostLag} events of ${tasks * 13}`],
      ['calibration loop', `${Math.round(calibrationMs() * 10) / 10} ms`],
    ],
    figures: { none: perSecond(0), one: perSecond(1), four: perSecond(4), ten: perSecond(10), mostLag },
    ratios: { one: ratio(1), four: ratio(4), ten: ratio(10) },
    target: `the first costs at most ${mostForFirst}, each further at most ${mostForFurther}`,
    met: first <= mostForFirst + 1e-9 && further <= mostForFurther + 1e-9,
  };
}
