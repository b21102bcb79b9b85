import { mkdir, rm, writeFile } from 'node:fs/promises';

import config from '../../tasker.config.ts';
import { checkoutSteps } from './checkout-context.ts';
import { createHandlers } from './handlers/create-handlers.ts';
import { operationsPort, startUsualServices } from './places.ts';
import { drawSummary } from './screen.ts';
import { Story } from './story.ts';
import { createTasker, isTaskerError, type JsonObject, type Tasker } from './tasker.ts';
import { traceCalls, traceSinks, tracesLine } from './traces.ts';
import { checkoutContexts } from './traffic.ts';
import { watch } from './watch.ts';

const root = new URL('../../', import.meta.url);
const servicesFile = new URL('.tasker/services.json', root);

export interface CheckoutsWanted {
  /** Infinity: until somebody stops it. */
  readonly wanted: number;
  readonly inFlight: number;
  readonly seed: number;
}

/** The usual run: services, engine and traffic, live, and what came of it. */
export async function runCheckouts(asked: CheckoutsWanted): Promise<void> {
  const shutDownTracing = await traceCalls();
  const services = await startUsualServices();
  await mkdir(new URL('.tasker/', root), { recursive: true });
  await writeFile(servicesFile, JSON.stringify(services.urls));
  const tasker = await createTasker(
    {
      ...config,
      handlers: createHandlers(services.urls),
      sinks: [...(config.sinks ?? []), ...traceSinks],
      operations: { port: await operationsPort() },
    },
    { baseDir: root.pathname },
  );
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  try {
    // A second failure of the same kind in every hundred calls or so: retries are part of the picture.
    await services.setFault('payments', { errorRate: 0.03 });
    await run(tasker, asked, stop.signal);
  } finally {
    if (stop.signal.aborted) console.log('Stopping: running steps may end, for ten seconds at most.');
    await tasker.stop();
    await services.close();
    await shutDownTracing();
    await rm(servicesFile, { force: true });
  }
}

async function run(tasker: Tasker, asked: CheckoutsWanted, stop: AbortSignal): Promise<void> {
  const lastPosition = await tasker.lastPosition();
  const left = (await tasker.list({ status: 'in_progress', limit: 1000 })).tasks.length;
  await tasker.start();
  if (left > 0) console.log(`Taking up ${left} unfinished checkouts of an earlier run.`);
  const { operationsUrl } = tasker.status();
  console.log(`Metrics: ${operationsUrl}/metrics   Health: ${operationsUrl}/health/ready`);
  console.log(`${tracesLine}\n`);
  console.log(`Checkouts: ${checkoutSteps.join(' → ')}\n`);
  const story = new Story(checkoutSteps);
  const began = performance.now();
  const screen = watch(tasker, story, lastPosition, (figures) => ({
    story,
    figures,
    wanted: Math.max(story.started, Number.isFinite(asked.wanted) ? asked.wanted : 0),
    elapsedMs: performance.now() - began,
  }));
  const failedTask = await send(tasker, asked, stop);
  const elapsedMs = performance.now() - began;
  const figures = await screen.finish();
  console.log(`\n${drawSummary({ story, wanted: story.ended, elapsedMs, figures })}\n`);
  console.log(nextSteps(failedTask ?? (await tasker.list({ limit: 1 })).tasks[0]?.id ?? '<task>'));
}

/** Keeps `inFlight` checkouts under way; resolves, when all have ended, to one that failed. */
async function send(
  tasker: Tasker,
  { wanted, inFlight, seed }: CheckoutsWanted,
  stop: AbortSignal,
): Promise<string | null> {
  const contexts = checkoutContexts(seed);
  let failed: string | null = null;
  let sent = 0;
  const lane = async (): Promise<void> => {
    while (sent < wanted && !stop.aborted) {
      sent += 1;
      const context = contexts.next().value as unknown as JsonObject;
      const handle = await tasker.run({
        namespace: 'ecommerce',
        name: 'monitored_checkout',
        context,
        initiator: 'traffic',
        source_system: 'storefront',
      });
      try {
        const task = await handle.wait({ signal: stop });
        if (task.status === 'error') failed ??= task.id;
      } catch (error) {
        // Interrupted: the checkout is kept, and the next run goes on with it.
        if (!isTaskerError(error, 'TASKER_WAIT_ABORTED')) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return failed;
}

function nextSteps(taskId: string): string {
  return `Everything is in .tasker/tasker.db. Look around:

  npm run -s tasker -- tasks --status error         which checkouts failed
  npm run -s tasker -- show ${taskId}
  npm run -s tasker -- events --task ${taskId}
  npm run -s tasker -- --help                       all there is

Break something: npm start -- --serve, and the fault switches in examples/monitored-checkout/README.md;
or npm start -- --incident inventory-hang, which breaks it for you`;
}
