// Customers: starts checkouts at a steady rate, whatever becomes of the earlier ones, until it is told to stop. It
// advances none of them; the workers do.
//
//   CHECKOUTS_PER_SECOND   default 5
import { checkoutContexts } from '../../examples/monitored-checkout/traffic.ts';
import { optional } from './environment.ts';
import config from './tasker.config.ts';
import { createTasker, isTaskerError } from './tasker.ts';

const ratePerSecond = Number(optional('CHECKOUTS_PER_SECOND') ?? 5);
if (!(ratePerSecond > 0 && ratePerSecond <= 1000))
  throw new Error(`CHECKOUTS_PER_SECOND: expected a number above 0, 1000 at most, got '${String(ratePerSecond)}'`);

// It shows nothing of its own and tells nobody: that is for workers and server.
const { operations: _operations, sinks: _sinks, telemetry: _telemetry, ...asked } = config;
const tasker = await createTasker(asked, { baseDir: import.meta.dirname });

// Each start of this process brings carts of its own.
const contexts = checkoutContexts(Date.now() % 1_000_000);
const open = new Set<Promise<void>>();
/** While the database or all workers are away, customers turn away instead of queueing here without bound. */
const mostOpen = 500;
let turnedAway = 0;

async function checkout(): Promise<void> {
  try {
    await tasker.run({
      namespace: 'ecommerce',
      name: 'monitored_checkout',
      context: { ...contexts.next().value },
      initiator: 'traffic',
      source_system: 'storefront',
    });
  } catch (error) {
    console.error(isTaskerError(error) ? `${error.code}: ${error.message}` : error);
  }
}

const timer = setInterval(() => {
  if (open.size >= mostOpen) {
    turnedAway += 1;
    return;
  }
  const one = checkout().finally(() => open.delete(one));
  open.add(one);
}, 1000 / ratePerSecond);

async function stop(): Promise<void> {
  clearInterval(timer);
  await Promise.allSettled(open);
  await tasker.stop();
  if (turnedAway > 0) console.error(`${turnedAway} checkouts were turned away`);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
console.log(`${ratePerSecond} checkouts a second`);
