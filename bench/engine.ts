// Durable checkouts per second in one process, as a fraction of what the same rows cost when bare prepared
// statements write them in perfect groups.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createTasker, defineTask } from '../src/index.ts';
import { calibrationMs, median, quantile, type BenchResult } from './result.ts';
import { contentOf, recordWrites, replay, sameContent } from './sqlite-writes.ts';

const inFlight = 50;
const target = 0.5;

const stepNames = ['validate_cart', 'process_payment', 'update_inventory', 'create_order', 'send_confirmation'];

/** Five trivial handlers: what is measured is everything around them. */
const checkout = defineTask({
  name: 'checkout',
  handler_config: {
    business_context: ['customer_id', 'customer_tier', 'order_value', 'currency', 'region'],
    monitoring: { sla_seconds: 45 },
  },
  step_templates: stepNames.map((name, index) => ({
    name,
    ...(index > 0 && { depends_on_step: stepNames[index - 1] ?? '' }),
    handler_config: { timeout_seconds: 30, results: ['amount'] },
    handler: () => ({ ok: true, payment_id: 'pay_aaaaaaaa', amount: 12_997 }),
  })),
});

const context = {
  customer_id: 'customer-1',
  customer_email: 'ada@example.org',
  customer_tier: 'premium',
  cart_items: [{ sku: 'A', name: 'thing', price: 4999, quantity: 2 }],
  payment_method: 'card',
  order_value: 12_997,
  currency: 'USD',
  region: 'eu',
};

export async function benchEngine({ full }: { full: boolean }): Promise<BenchResult> {
  const tasks = full ? 10_000 : 2500;
  const rounds = full ? 5 : 3;
  const folder = await mkdtemp(join(tmpdir(), 'tasker-bench-'));
  try {
    await runEngine(join(folder, 'warm.db'), 500);
    const recordedFile = join(folder, 'recorded.db');
    const writes = await recordWrites(recordedFile, (wrapStorage) => runEngine(recordedFile, tasks, wrapStorage));
    const engineRates: number[] = [];
    const ceilingRates: number[] = [];
    const ratios: number[] = [];
    const latencies: number[] = [];
    let matched = true;
    for (let turn = 0; turn < rounds; turn += 1) {
      const engineFile = join(folder, `engine-${turn}.db`);
      const ceilingFile = join(folder, `ceiling-${turn}.db`);
      const engine = await runEngine(engineFile, tasks);
      const ceilingSeconds = await replay(ceilingFile, writes, inFlight);
      matched &&= sameContent(contentOf(recordedFile), contentOf(ceilingFile), 0);
      matched &&= sameContent(contentOf(engineFile), contentOf(ceilingFile), 0.01);
      engineRates.push(tasks / engine.seconds);
      ceilingRates.push(tasks / ceilingSeconds);
      ratios.push(ceilingSeconds / engine.seconds);
      latencies.push(...engine.latenciesMs);
    }
    if (!matched) throw new Error('the ceiling wrote other rows or bytes than the engine: the ratio means nothing');
    return report({ engineRates, ceilingRates, ratios, latencies, tasks, content: contentOf(recordedFile) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Wrap = NonNullable<Parameters<typeof createTasker>[1]>['wrapStorage'];

async function runEngine(
  file: string,
  tasks: number,
  wrapStorage?: Wrap,
): Promise<{ seconds: number; latenciesMs: number[] }> {
  const tasker = await createTasker(
    { storage: { kind: 'sqlite', file }, tasks: [checkout] },
    { env: {}, ...(wrapStorage !== undefined && { wrapStorage }) },
  );
  await tasker.start();
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
  const began = performance.now();
  await Promise.all(Array.from({ length: inFlight }, lane));
  const seconds = (performance.now() - began) / 1000;
  await tasker.stop();
  return { seconds, latenciesMs };
}

function report(measured: {
  engineRates: number[];
  ceilingRates: number[];
  ratios: number[];
  latencies: number[];
  tasks: number;
  content: ReturnType<typeof contentOf>;
}): BenchResult {
  const ratio = median(measured.ratios);
  const figures = {
    checkoutsPerSecond: Math.round(median(measured.engineRates)),
    ceilingPerSecond: Math.round(median(measured.ceilingRates)),
    latencyP50Ms: round(quantile(measured.latencies, 0.5)),
    latencyP99Ms: round(quantile(measured.latencies, 0.99)),
    calibrationMs: round(calibrationMs()),
    rows: measured.content.rows,
    bytes: measured.content.bytes,
  };
  return {
    name: 'engine',
    table: [
      [
        'durable checkouts',
        `${figures.checkoutsPerSecond}/s (rounds: ${measured.engineRates.map(Math.round).join(', ')})`,
      ],
      ['ceiling', `${figures.ceilingPerSecond}/s (rounds: ${measured.ceilingRates.map(Math.round).join(', ')})`],
      ['same rows and bytes', `${figures.rows} rows, ${figures.bytes} bytes for ${measured.tasks} checkouts`],
      ['latency', `p50 ${figures.latencyP50Ms} ms, p99 ${figures.latencyP99Ms} ms with ${inFlight} in flight`],
      ['calibration loop', `${figures.calibrationMs} ms`],
      ['fraction of the ceiling', round(ratio).toString()],
    ],
    figures,
    ratios: { engineToCeiling: round(ratio) },
    target: `engineToCeiling >= ${target}`,
    met: ratio >= target,
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
