// Whether anything grows slower with what is stored: throughput and the command line's queries on full tables, as a fraction of those on nearly empty ones.
import { Client } from 'pg';

import { createTasker, type Tasker } from '../../src/index.ts';
import { checkout, checkoutWith } from '../checkout-load.ts';
import { context, handler } from '../checkout-work.ts';
import type { Surroundings } from '../peers/on-postgres.ts';
import { median, medianRatio } from '../result.ts';
import { fill, type Filled, type Seeds } from './fill.ts';
import type { Part, Timings } from './part.ts';
import { enter, hundredths, interleave, leave, perSecond, rates, rowOf, type Standing } from './standing.ts';

const aim = 0.8;
const queryRounds = 30;
/** What a query lists must be there in both: an empty answer would cost nothing. */
const few = { tasks: 500, events: 10_000 };

/** The queries of `tasks`, `show` and `events`, as these commands ask them. */
const queries: readonly { readonly name: string; readonly ask: (tasker: Tasker, one: string) => Promise<unknown> }[] = [
  { name: 'byStatus', ask: (tasker) => tasker.list({ status: 'complete' }) },
  { name: 'byRareStatus', ask: (tasker) => tasker.list({ status: 'error' }) },
  { name: 'byName', ask: (tasker) => tasker.list({ namespace: 'default', name: 'checkout' }) },
  { name: 'byCorrelation', ask: (tasker) => tasker.list({ correlationId: 'order-250' }) },
  { name: 'show', ask: (tasker, one) => tasker.history(one) },
  { name: 'eventsOfTask', ask: (tasker, one) => tasker.events({ taskId: one }) },
  { name: 'eventsByName', ask: (tasker) => tasker.events({ names: ['step.failed'], limit: 100 }) },
  { name: 'eventsFrom', ask: (tasker) => tasker.events({ after: 5000 }) },
];

export async function largeTables(
  surroundingsOf: (purpose: string) => Promise<Surroundings>,
  timings: Timings,
  many: Filled,
): Promise<Part> {
  const [small, large] = [await surroundingsOf('few_rows'), await surroundingsOf('many_rows')];
  await fillStore(small.url, few);
  const filled = await fillStore(large.url, many);
  const queried = await timeQueries(small.url, large.url);
  const standings: Standing[] = [];
  try {
    for (const [label, surroundings] of [
      [`with ${few.tasks} tasks stored`, small],
      [`with ${filled.tasks} tasks and ${filled.events} events stored`, large],
    ] as const) {
      standings.push(await enter('tasker', label, surroundings));
    }
    await interleave(standings, timings);
  } finally {
    await leave(standings);
  }
  const [onSmall, onLarge] = standings as [Standing, Standing];
  const throughput = hundredths(medianRatio(rates(onLarge), rates(onSmall)));
  const ratios = Object.fromEntries(queried.map(({ name, ratio }) => [`${name}LargeToSmall`, ratio]));
  const slowest = Math.min(...Object.values(ratios));
  return {
    table: [
      [onSmall.label, rowOf(onSmall)],
      [onLarge.label, `${rowOf(onLarge)}; ${throughput} of few`],
      ...queried.map(({ name, smallMs, largeMs, ratio }): [string, string] => [
        `query ${name}`,
        `${hundredths(smallMs)} ms with few, ${hundredths(largeMs)} ms with many; ${ratio} as fast`,
      ]),
    ],
    figures: { storedTasks: filled.tasks, storedEvents: filled.events, largePerSecond: perSecond(onLarge) },
    ratios: { largeToSmall: throughput, ...ratios },
    aims: [
      { aim: `largeToSmall >= ${aim}`, met: throughput >= aim },
      { aim: `each query's LargeToSmall >= ${aim}`, met: slowest >= aim },
    ],
  };
}

async function fillStore(url: string, wanted: Filled): Promise<Filled> {
  const seeds: Seeds = {
    healthyId: await runOne(url, checkout),
    retriedId: await runOne(
      url,
      checkoutWith(({ attempt }) => {
        if (attempt === 1) throw new Error('the first attempt fails');
        return handler();
      }),
    ),
  };
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await fill(client, 'tasker', seeds, wanted);
  } finally {
    await client.end();
  }
}

async function runOne(url: string, task: typeof checkout): Promise<string> {
  const tasker = await createTasker({ storage: url, tasks: [task] }, { env: {} });
  try {
    await tasker.start();
    const handle = await tasker.run({ name: 'checkout', context });
    const { id, status } = await handle.wait();
    if (status !== 'complete') throw new Error(`the checkout to be copied ended ${status}`);
    return id;
  } finally {
    await tasker.stop();
  }
}

interface Queried {
  readonly name: string;
  readonly smallMs: number;
  readonly largeMs: number;
  readonly ratio: number;
}

/** By turns on both, through a client like the command line's; without the start of a process, which would hide it all. */
async function timeQueries(smallUrl: string, largeUrl: string): Promise<Queried[]> {
  const stores = await Promise.all(
    [smallUrl, largeUrl].map(async (url) => {
      const tasker = await createTasker({ storage: url }, { env: {} });
      const { tasks } = await tasker.list({ correlationId: 'order-250' });
      return {
        tasker,
        one: tasks[0]?.id ?? '',
        tookMs: new Map<string, number[]>(queries.map(({ name }) => [name, []])),
      };
    }),
  );
  for (let round = 0; round < queryRounds; round += 1) {
    for (const { name, ask } of queries) {
      for (const { tasker, one, tookMs } of stores) {
        const began = performance.now();
        await ask(tasker, one);
        tookMs.get(name)?.push(performance.now() - began);
      }
    }
  }
  await Promise.all(stores.map(({ tasker }) => tasker.stop()));
  return queries.map(({ name }) => {
    const [smallMs, largeMs] = stores.map(({ tookMs }) => median(tookMs.get(name) ?? [])) as [number, number];
    return { name, smallMs, largeMs, ratio: hundredths(smallMs / largeMs) };
  });
}
