// An engine in a process of its own, to be killed: runs random tasks under two subscribers that count and sum, one on
// its thread and one on theirs. Says on standard output how far it is.
import { join } from 'node:path';

import { createTasker } from '../../src/index.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { until } from '../support/until.ts';
import { withCrashPoints } from './crash-points.ts';
import exactSubscriber from './exact-subscriber.ts';
import { randomContext, randomTasks, taskKinds } from './random-tasks.ts';

export interface ExactnessOptions {
  readonly file: string;
  readonly mended: string;
  readonly seed: number;
  /** The tasks to be created, by number. */
  readonly from: number;
  readonly to: number;
  /** What an operator does meanwhile, to both subscribers. */
  readonly meanwhile: 'nothing' | 'replay' | 'retry';
  /** Whether it goes on to the end: all tasks at rest, some parked events dropped, the others retried. */
  readonly finish: boolean;
}

export const names = ['here', 'in-thread'] as const;

const options = JSON.parse(process.argv[2] ?? '{}') as ExactnessOptions;
const { file, mended, seed, from, to, meanwhile, finish } = options;
process.stdin.resume().on('end', () => process.exit(3));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const tasker = await createTasker(
  {
    storage: { kind: 'sqlite', file },
    tasks: randomTasks(seed),
    operations: { port: 0 },
    subscribers: [
      exactSubscriber({ name: names[0], mended }),
      { module: join(import.meta.dirname, 'exact-subscriber.ts'), options: { name: names[1], mended } },
    ],
  },
  {
    env: {},
    wrapStorage: (storage) => withCrashPoints(storage, (point) => point === 'recorder.after_commit' && say('commit')),
  },
);
await tasker.start();

const ignoreRefusal = (error: unknown): void => {
  if (!(error instanceof Error && 'code' in error)) throw error;
};
for (const name of [...names, 'tasker.business-metrics']) {
  if (meanwhile === 'replay') void tasker.replay(name, { from: 'beginning' }).catch(ignoreRefusal);
  if (meanwhile === 'retry') void tasker.retryParked(name).catch(ignoreRefusal);
}

for (let next = from; next < to; next += 50) {
  const numbers = Array.from({ length: Math.min(50, to - next) }, (_unused, index) => next + index);
  await Promise.all(
    numbers.map((number) =>
      tasker.run({
        name: `kind-${number % taskKinds}`,
        context: { ...randomContext(seed, number) },
        idempotencyKey: `task-${number}`,
      }),
    ),
  );
  say(`created ${next + numbers.length}`);
}

/** An operator has another go at most of what failed, settles some of it by hand, and gives the rest up. */
async function settleFailures(): Promise<void> {
  for (;;) {
    const { tasks } = await tasker.list({ status: 'error', limit: 100 });
    if (tasks.length === 0) return;
    const settled = tasks.map(async ({ id }, index) => {
      if (index % 10 === 0) return tasker.resolve(id, { by: 'ada', why: 'by hand' });
      if (index % 10 === 1) return tasker.cancel(id, { by: 'ada', why: 'hopeless' });
      return tasker.retry(id, { by: 'ada', why: 'once more' });
    });
    await Promise.all(settled);
    await until(async () => !(await tasker.list({ status: 'in_progress', limit: 1 })).tasks.length && true);
  }
}

if (finish) {
  const isOpen = async (status: 'pending' | 'in_progress'): Promise<boolean> =>
    (await tasker.list({ status, limit: 1 })).tasks.length > 0;
  const atRest = (): Promise<true> =>
    until(async () => !(await isOpen('pending')) && !(await isOpen('in_progress')) && true);
  await atRest();
  await settleFailures();
  await atRest();
  await until(async () => (await tasker.subscribers()).every(({ lag }) => lag === 0));
  const chance = seededRandom(seed);
  const dropped: Record<string, number[]> = {};
  for (const name of names) {
    dropped[name] = [];
    for (const { position } of (await tasker.parked(name)).events) {
      if (chance.fraction() >= 0.1) continue;
      await tasker.dropParked(name, position);
      dropped[name].push(position);
    }
    say(`parked ${(await tasker.parked(name)).events.length}`);
  }
  const { writeFileSync } = await import('node:fs');
  writeFileSync(mended, '');
  for (const name of names) {
    while ((await tasker.parked(name)).events.length > 0) await tasker.retryParked(name);
  }
  const { operationsUrl } = tasker.status();
  const total = await tasker.lastPosition();
  await until(async () => (await tasker.subscribers()).every(({ checkpoint }) => checkpoint >= total));
  const scraped = await fetch(`${operationsUrl}/metrics`);
  say(`metrics ${JSON.stringify(await scraped.text())}`);
  await tasker.stop();
  say(`dropped ${JSON.stringify(dropped)}`);
}
process.exit(0);
