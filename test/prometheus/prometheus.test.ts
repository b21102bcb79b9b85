import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { createTasker, defineTask } from '../../src/index.ts';
import { until } from '../support/until.ts';
import { freePort, noPrometheus, promtoolCheck, startPrometheus } from './start-prometheus.ts';

const sale = defineTask<{ order_value: number; currency: string; customer_tier: string }>({
  name: 'sale',
  namespace_name: 'shop',
  handler_config: {
    business_metrics: { track_revenue: true, track_conversion: true, customer_tier_tracking: true },
    monitoring: { sla_seconds: 30 },
  },
  step_templates: [
    {
      name: 'pay',
      default_retryable: false,
      handler_config: {
        results: ['method'],
        business_metrics: {
          counters: [{ name: 'payments_processed_total', labels: { method: 'results.method' } }],
          histograms: [{ name: 'payment_seconds', value: 'duration' }],
        },
      },
      handler: ({ context }) => {
        if (context.order_value % 10 === 0) throw new Error('declined');
        return { method: 'card "gold"\n\\' };
      },
    },
  ],
});

test(
  'a real Prometheus reads exact figures back, also after the engine was restarted, and sees no counter fall',
  { skip: noPrometheus },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'tasker-prometheus-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const port = await freePort();
    const start = async () => {
      const tasker = await createTasker(
        { storage: { kind: 'sqlite', file: join(folder, 'tasker.db') }, tasks: [sale], operations: { port } },
        { env: {} },
      );
      await tasker.start();
      return tasker;
    };
    const expected = new Map<string, number>();
    const sell = async (tasker: Awaited<ReturnType<typeof start>>, from: number, to: number): Promise<void> => {
      for (let number = from; number < to; number += 1) {
        const currency = number % 3 === 0 ? 'EUR' : 'USD';
        const order_value = 1000 + number;
        const context = { order_value, currency, customer_tier: 'gold' };
        await (await tasker.run({ namespace: 'shop', name: 'sale', context })).wait();
        const metric = order_value % 10 === 0 ? 'lost' : 'processed';
        expected.set(`${metric} ${currency}`, (expected.get(`${metric} ${currency}`) ?? 0) + order_value);
      }
    };
    const { query } = await startPrometheus(t, folder, port);
    const readBack = async (metric: 'processed' | 'lost', currency: string): Promise<number> => {
      const selector = `tasker_business_revenue_${metric}_minor_units_total{currency="${currency}"}`;
      return (await query(`sum by (currency) (${selector})`))[0]?.value ?? 0;
    };
    const allReadBack = async (): Promise<boolean> => {
      for (const [key, amount] of expected) {
        const [metric = '', currency = ''] = key.split(' ');
        if ((await readBack(metric as 'processed' | 'lost', currency)) !== amount) return false;
      }
      return true;
    };
    const first = await start();
    await sell(first, 1, 40);
    await until(allReadBack);
    await first.stop();
    const second = await start();
    t.after(() => second.stop());
    await sell(second, 40, 70);
    await until(allReadBack);
    for (const counter of [
      'tasker_business_revenue_processed_minor_units_total',
      'tasker_business_conversions_total',
      'tasker_tasks_total',
      'tasker_events_recorded_total',
      'tasker_step_duration_seconds_count',
      'payments_processed_total',
    ]) {
      const [falls] = await query(`max(resets(${counter}[10m]))`);
      assert.equal(falls?.value, 0, counter);
    }
    const declared = await query('payments_processed_total{namespace="shop",task="sale"}');
    assert.equal(declared[0]?.labels['method'], 'card "gold"\n\\', 'labels come through as they are');
    assert.equal(declared[0]?.value, 63);
    const { operationsUrl } = second.status();
    assert.equal(promtoolCheck(await (await fetch(`${operationsUrl}/metrics`)).text()), '');
  },
);
