// The main job: real services, real checkouts, a real database, seen live through the recorded events.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import config from '../../tasker.config.ts';
import { createHandlers } from './handlers/create-handlers.ts';
import { type Figures, readFigures } from './figures.ts';
import { drawProgress, drawSummary, progressLine } from './screen.ts';
import { usualPorts } from './service-urls.ts';
import type { Services } from './services/services.ts';
import { spawnServices } from './services/spawn-services.ts';
import { Story } from './story.ts';
import { createTasker, isTaskerError, type JsonObject, type Tasker } from './tasker.ts';
import { traceCalls, traceSinks, tracesLine } from './traces.ts';
import { checkoutContexts } from './traffic.ts';

const { values } = parseArgs({
  options: {
    checkouts: { type: 'string', default: '300' },
    'in-flight': { type: 'string', default: '25' },
    seed: { type: 'string', default: '1' },
    serve: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const usage = `npm start -- [--checkouts N] [--in-flight N] [--seed N] [--serve]

  Starts the example's four services and runs N checkouts (300) through them, N at a time (25).
  --serve goes on until Ctrl-C, so that you can break a service and watch: see examples/monitored-checkout/README.md`;

const root = new URL('../../', import.meta.url);
const servicesFile = new URL('.tasker/services.json', root);
const refreshMs = 150;
const lineEveryMs = 2000;

async function main(): Promise<void> {
  const wanted = values.serve ? Number.POSITIVE_INFINITY : whole('checkouts', values.checkouts);
  const inFlight = whole('in-flight', values['in-flight']);
  const shutDownTracing = await traceCalls();
  const services = await startServices();
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
    await runCheckouts(tasker, { wanted, inFlight, stop: stop.signal });
  } finally {
    if (stop.signal.aborted) console.log('Stopping: running steps may end, for ten seconds at most.');
    await tasker.stop();
    await services.close();
    await shutDownTracing();
    await rm(servicesFile, { force: true });
  }
}

async function runCheckouts(
  tasker: Tasker,
  { wanted, inFlight, stop }: { wanted: number; inFlight: number; stop: AbortSignal },
): Promise<void> {
  const lastPosition = await tasker.lastPosition();
  const left = (await tasker.list({ status: 'in_progress', limit: 1000 })).tasks.length;
  await tasker.start();
  if (left > 0) console.log(`Taking up ${left} unfinished checkouts of an earlier run.`);
  const { operationsUrl } = tasker.status();
  console.log(`Metrics: ${operationsUrl}/metrics   Health: ${operationsUrl}/health/ready`);
  console.log(`${tracesLine}\n`);
  console.log('Checkouts: validate_cart → process_payment → update_inventory → create_order → send_confirmation\n');
  const story = new Story([
    'validate_cart',
    'process_payment',
    'update_inventory',
    'create_order',
    'send_confirmation',
  ]);
  const began = performance.now();
  const screen = watch(tasker, story, lastPosition, (figures) => ({
    story,
    figures,
    wanted: Math.max(story.started, Number.isFinite(wanted) ? wanted : 0),
    elapsedMs: performance.now() - began,
  }));
  const failedTask = await send(tasker, { wanted, inFlight, stop });
  const elapsedMs = performance.now() - began;
  const figures = await screen.finish();
  console.log(`\n${drawSummary({ story, wanted: story.ended, elapsedMs, figures })}\n`);
  console.log(nextSteps(failedTask ?? (await tasker.list({ limit: 1 })).tasks[0]?.id ?? '<task>'));
}

/** Keeps `inFlight` checkouts under way; resolves, when all have ended, to one that failed. */
async function send(
  tasker: Tasker,
  { wanted, inFlight, stop }: { wanted: number; inFlight: number; stop: AbortSignal },
): Promise<string | null> {
  const contexts = checkoutContexts(whole('seed', values.seed));
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

/** Reads the log as it grows and shows what it says. */
function watch(
  tasker: Tasker,
  story: Story,
  from: number,
  progress: (figures: Figures | null) => Parameters<typeof drawProgress>[0],
) {
  const redraws = process.stdout.isTTY;
  let after = from;
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
    for (;;) {
      const page = await tasker.events({ after, limit: 10_000 });
      for (const event of page.events) story.tell(event);
      after = page.lastPosition;
      if (page.events.length < 10_000) break;
    }
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

/** Prometheus's usual port, or any when somebody has it. */
async function operationsPort(): Promise<number> {
  const usual = 9464;
  const probe = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    probe.once('error', () => resolve(false)).listen(usual, '127.0.0.1', () => resolve(true));
  });
  probe.close();
  return isFree ? usual : 0;
}

async function startServices(): Promise<Services> {
  try {
    return await spawnServices({ ports: usualPorts });
  } catch {
    return spawnServices();
  }
}

function nextSteps(taskId: string): string {
  return `Everything is in .tasker/tasker.db. Look around:

  npm run -s tasker -- tasks --status error         which checkouts failed
  npm run -s tasker -- show ${taskId}
  npm run -s tasker -- events --task ${taskId}
  npm run -s tasker -- --help                       all there is

Break something: npm start -- --serve, and the fault switches in examples/monitored-checkout/README.md`;
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`--${name}: expected a whole number above 0, got '${text}'`);
}

if (values.help) console.log(usage);
else await main();
