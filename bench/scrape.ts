// How long a scrape of 20,000 lines holds the engine's event loop, and how fast the built-in projections count a log.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { promisify } from 'node:util';

import { createTasker, defineTask } from '../src/index.ts';
import { checkout, runCheckouts } from './checkout-load.ts';
import { calibrationMs, type BenchResult } from './result.ts';

const wantedLines = 20_000;
const longestPauseMs = 25;
const stepsPerTask = 8;
const taskTypes = 160;

/** Many task types of several steps: each has histograms of its own. */
const manyTasks = Array.from({ length: taskTypes }, (_unused, index) =>
  defineTask({
    name: `task-${index}`,
    step_templates: Array.from({ length: stepsPerTask }, (_none, step) => ({
      name: `step-${step}`,
      handler: () => 1,
    })),
  }),
);

export async function benchScrape(): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), 'tasker-bench-'));
  try {
    const scraped = await scrapes(join(folder, 'many.db'));
    const replayed = await projections(join(folder, 'log.db'));
    return {
      name: 'scrape',
      table: [
        ['lines', `${scraped.lines}`],
        ['time of a scrape, median', `${scraped.medianMs} ms`],
        ['longest pause of the event loop while scraping', `${scraped.pauseMs} ms`],
        ['the same without scraping', `${scraped.idlePauseMs} ms`],
        ...[...replayed].map(([name, perSecond]) => [`${name}, from SQLite`, `${perSecond} events/s`] as const),
        ['calibration loop', `${Math.round(calibrationMs() * 10) / 10} ms`],
      ],
      figures: { ...scraped, ...Object.fromEntries(replayed) },
      ratios: { pause: Math.round((scraped.pauseMs / longestPauseMs) * 100) / 100 },
      target: `no pause over ${longestPauseMs} ms in a scrape of ${wantedLines} lines`,
      met: scraped.lines >= wantedLines && scraped.pauseMs <= longestPauseMs,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function scrapes(file: string) {
  const tasker = await createTasker(
    { storage: { kind: 'sqlite', file }, tasks: manyTasks, operations: { port: 0 } },
    { env: {}, onWarning: () => undefined },
  );
  await tasker.start();
  for (const { name } of tasker.templates()) await (await tasker.run({ name, context: {} })).wait();
  const url = `${tasker.status().operationsUrl}/metrics`;
  const first = await reading(url, wantedLines);
  const idle = await longestPause(() => new Promise((resolve) => setTimeout(resolve, 500)));
  let read = first;
  const busy = await longestPause(async () => {
    read = await reading(url, wantedLines);
  });
  await tasker.stop();
  return {
    lines: read.lines,
    medianMs: Math.round(read.timesMs.toSorted((a, b) => a - b)[5] ?? 0),
    pauseMs: busy,
    idlePauseMs: idle,
  };
}

/** Ten scrapes once there are so many lines, by a process of its own, as Prometheus is: what reading costs must not count. */
async function reading(url: string, leastLines: number): Promise<{ lines: number; timesMs: readonly number[] }> {
  const script = `
    const [url, least] = process.argv.slice(1);
    const timesMs = [];
    let lines = 0;
    while (timesMs.length < 10) {
      const began = performance.now();
      lines = (await (await fetch(url)).text()).split('\\n').length;
      if (lines >= Number(least)) timesMs.push(performance.now() - began);
    }
    console.log(JSON.stringify({ lines, timesMs }));`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    script,
    url,
    String(leastLines),
  ]);
  return JSON.parse(stdout) as { lines: number; timesMs: number[] };
}

/** Milliseconds; a timer's own period is taken off. */
async function longestPause(act: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await act();
  delay.disable();
  return Math.round(Math.max(0, delay.max / 1e6 - 1) * 10) / 10;
}

async function projections(file: string): Promise<ReadonlyMap<string, number>> {
  const tasks = 8000;
  await runCheckouts(file, tasks);
  const tasker = await createTasker(
    { storage: { kind: 'sqlite', file }, tasks: [checkout], operations: { port: 0 } },
    { env: {}, onWarning: () => undefined },
  );
  await tasker.start();
  const rates = new Map<string, number>();
  for (const name of ['tasker.performance-monitoring', 'tasker.business-metrics']) {
    const end = await tasker.lastPosition();
    while ((await tasker.subscribers()).some(({ lag }) => lag > 0)) await new Promise((r) => setTimeout(r, 50));
    const began = performance.now();
    await tasker.replay(name, { from: 'beginning' });
    rates.set(name, Math.round(end / ((performance.now() - began) / 1000)));
  }
  await tasker.stop();
  return rates;
}
