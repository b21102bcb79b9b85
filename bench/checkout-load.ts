import { existsSync, readdirSync } from 'node:fs';

import {
  createTasker,
  defineTask,
  type StepContext,
  type TaskDefinition,
  type TaskerConfigInput,
} from '../src/index.ts';
import { context, handler, inFlight, stepNames } from './checkout-work.ts';

/** Five trivial handlers: what is measured is everything around them. */
export const checkout = checkoutWith(handler);

export function checkoutWith(run: (context: StepContext) => unknown): TaskDefinition {
  return defineTask({
    name: 'checkout',
    handler_config: {
      business_context: ['customer_id', 'customer_tier', 'order_value', 'currency', 'region'],
      business_metrics: { track_revenue: true, track_conversion: true, customer_tier_tracking: true },
      monitoring: { sla_seconds: 45 },
    },
    step_templates: stepNames.map((name, index) => ({
      name,
      ...(index > 0 && { depends_on_step: stepNames[index - 1] ?? '' }),
      handler_config: { timeout_seconds: 30, results: ['amount'] },
      handler: run,
    })),
  });
}

export type WrapStorage = NonNullable<NonNullable<Parameters<typeof createTasker>[1]>['wrapStorage']>;

export interface LoadFigures {
  readonly seconds: number;
  readonly latenciesMs: readonly number[];
  /** How far the slowest subscriber was behind when the last checkout ended. */
  readonly lag: number;
  /** The most that any was behind after the first half, events. */
  readonly lagInSecondHalf: number;
  /** Of all threads. */
  readonly cpuSeconds: number;
  readonly threads: number;
}

/** Runs that many checkouts through an engine on a new database, `inFlight` at a time. */
export async function runCheckouts(
  file: string,
  tasks: number,
  wrapStorage?: WrapStorage,
  subscribers: NonNullable<TaskerConfigInput['subscribers']> = [],
  more: Omit<TaskerConfigInput, 'storage' | 'subscribers'> = {},
): Promise<LoadFigures> {
  const tasker = await createTasker(
    { storage: { kind: 'sqlite', file }, tasks: [checkout], subscribers, ...more },
    { env: {}, onWarning: () => undefined, ...(wrapStorage !== undefined && { wrapStorage }) },
  );
  await tasker.start({ advance: 'own' });
  const latenciesMs: number[] = [];
  let begun = 0;
  const lane = async (): Promise<void> => {
    while (begun < tasks) {
      begun += 1;
      const startedMs = performance.now();
      const handle = await tasker.run({ name: 'checkout', context });
      const task = await handle.wait();
      if (task.status !== 'complete') throw new Error(`a checkout ended ${task.status}`);
      latenciesMs.push(performance.now() - startedMs);
    }
  };
  let lagInSecondHalf = 0;
  const looking = setInterval(() => {
    if (begun < tasks / 2) return;
    void tasker
      .subscribers()
      .then((all) => (lagInSecondHalf = Math.max(lagInSecondHalf, ...all.map(({ lag }) => lag))));
  }, 100);
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  await Promise.all(Array.from({ length: inFlight }, lane));
  const seconds = (performance.now() - began) / 1000;
  clearInterval(looking);
  const { user, system } = process.cpuUsage(cpuBefore);
  const threads = existsSync('/proc/self/task') ? readdirSync('/proc/self/task').length : Number.NaN;
  const lag = Math.max(0, ...(await tasker.subscribers()).map((subscriber) => subscriber.lag));
  await tasker.stop();
  return { seconds, latenciesMs, lag, lagInSecondHalf, cpuSeconds: (user + system) / 1e6, threads };
}
