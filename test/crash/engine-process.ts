// An engine in a process of its own, to be killed: runs checkouts against the services it is told of, and says on
// standard output how far it is. Its standard input closing ends it, so that it never outlives its test.
import { fileURLToPath } from 'node:url';

import { createHandlers } from '../../examples/monitored-checkout/handlers/create-handlers.ts';
import type { ServiceUrls } from '../../examples/monitored-checkout/service-urls.ts';
import { checkoutContexts } from '../../examples/monitored-checkout/traffic.ts';
import { createTasker, type JsonObject } from '../../src/index.ts';
import type { AnyStepHandler, StepContext } from '../../src/tasks/handler.ts';
import { type CrashPoint, withCrashPoints } from './crash-points.ts';

export interface EngineProcessOptions {
  readonly file: string;
  readonly urls: ServiceUrls;
  readonly checkouts: number;
  readonly seed: number;
  /** Die at the `nth` time this point is reached. */
  readonly crashAt?: { readonly point: CrashPoint; readonly nth: number };
}

const options = JSON.parse(process.argv[2] ?? '{}') as EngineProcessOptions;
const template = fileURLToPath(
  new URL('../../examples/monitored-checkout/config/monitored_checkout_handler.yaml', import.meta.url),
);
process.stdin.resume().on('end', () => process.exit(3));

let reached = 0;
function reach(point: CrashPoint): void {
  if (point === options.crashAt?.point && (reached += 1) === options.crashAt.nth) process.kill(process.pid, 'SIGKILL');
  if (point === 'recorder.after_commit') process.stdout.write('commit\n');
}

/** The handler's work is its HTTP call, so before and after it is before and after the effect. */
function crashing(handler: AnyStepHandler): AnyStepHandler {
  const run = handler as (context: StepContext) => unknown;
  return async (context: StepContext) => {
    reach('handler.before_effect');
    const results = await run(context);
    reach('handler.after_effect');
    return results;
  };
}

const handlers = Object.fromEntries(
  Object.entries(createHandlers(options.urls)).map(([name, handler]) => [name, crashing(handler as AnyStepHandler)]),
);

const tasker = await createTasker(
  { storage: { kind: 'sqlite', file: options.file }, templates: [template], handlers, limits: { tasksInMemory: 40 } },
  { env: {}, wrapStorage: (storage) => withCrashPoints(storage, reach) },
);
await tasker.start();
const contexts = checkoutContexts(options.seed);
const handles = [];
for (let index = 0; index < options.checkouts; index += 1) {
  const context = contexts.next().value as unknown as JsonObject;
  handles.push(
    await tasker.run({
      namespace: 'ecommerce',
      name: 'monitored_checkout',
      context,
      idempotencyKey: `checkout-${index}`,
    }),
  );
}
const tasks = await Promise.all(handles.map((handle) => handle.wait()));
process.stdout.write(`ended ${JSON.stringify(tasks.map((task) => task.status))}\n`);
await tasker.stop();
process.exit(0);
