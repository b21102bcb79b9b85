import { setTimeout } from 'node:timers/promises';

import { type Figures, readFigures } from './figures.ts';
import { LogTail } from './log-tail.ts';
import { drawProgress, progressLine } from './screen.ts';
import type { Story } from './story.ts';
import type { Tasker } from './tasker.ts';

const refreshMs = 150;
const lineEveryMs = 2000;

/** Reads the log as it grows and shows what it says. */
export function watch(
  tasker: Tasker,
  story: Story,
  from: number,
  progress: (figures: Figures | null) => Parameters<typeof drawProgress>[0],
) {
  const redraws = process.stdout.isTTY;
  const tail = new LogTail(tasker, from);
  let drawn = 0;
  let lastLine = performance.now();
  let figures: Figures | null = null;
  const show = (): void => {
    if (!redraws) {
      if (performance.now() - lastLine < lineEveryMs) return;
      lastLine = performance.now();
      console.log(progressLine(progress(figures)));
      return;
    }
    const text = drawProgress(progress(figures));
    if (drawn > 0) process.stdout.write(`\u001B[${drawn}A\u001B[0J`);
    process.stdout.write(`${text}\n`);
    drawn = text.split('\n').length;
  };
  const read = async (): Promise<void> => {
    await tail.read((event) => story.tell(event));
    figures = (await readFigures(tasker.status().operationsUrl)) ?? figures;
    show();
  };
  let reading = Promise.resolve();
  const timer = setInterval(() => {
    reading = reading.then(read);
  }, refreshMs);
  return {
    async finish(): Promise<Figures | null> {
      clearInterval(timer);
      await reading;
      await caughtUp(tasker);
      await read();
      return figures;
    },
  };
}

/** The figures follow the log within a second: the last ones are worth waiting for. */
async function caughtUp(tasker: Tasker): Promise<void> {
  const end = await tasker.lastPosition();
  for (let looks = 0; looks < 50; looks += 1) {
    if ((await tasker.subscribers()).every(({ checkpoint, lag }) => checkpoint >= end || lag === 0)) return;
    await setTimeout(100);
  }
}
