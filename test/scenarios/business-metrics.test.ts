import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { createTasker, defineTask, type JsonObject, type StepContext, type TaskDefinition } from '../../src/index.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { createTestTasker } from '../../src/testing/test-tasker.ts';
import { scrape } from '../support/scrape.ts';
import { until } from '../support/until.ts';

interface SaleParts {
  readonly name?: string;
  readonly metrics: object;
  readonly context?: readonly string[];
  readonly monitoring?: object;
  readonly step?: object;
  readonly handler?: (context: StepContext) => unknown;
}

const sale = ({ name = 'sale', metrics, context = [], monitoring = {}, step = {}, handler }: SaleParts) =>
  defineTask({
    name,
    handler_config: { business_context: context, business_metrics: metrics, monitoring },
    step_templates: [{ name: 'pay', ...step, handler: handler ?? (() => ({})) }],
  });

async function shop(t: TestContext, ...tasks: readonly TaskDefinition[]) {
  const made = await createTestTasker({ tasks, operations: { port: 0 } });
  t.after(() => made.stop());
  const { tasker, clock } = made;
  return {
    clock,
    events: made.events,
    sell: async (context: JsonObject, name = 'sale') => (await tasker.run({ name, context })).wait(),
    begin: (context: JsonObject) => tasker.run({ name: 'sale', context }),
    /** Of the metric: values by their labels, without namespace and task. */
    samples: async (metric: string): Promise<Record<string, number>> => {
      await clock.advance(20);
      const found = Object.entries(await scrape(tasker, `${metric}{`));
      return Object.fromEntries(found.map(([name, value]) => [ownLabels(name), value]));
    },
  };
}

const ownLabels = (sample: string): string => sample.replace(/^.*?\{namespace="default",task="\w+",?|\}$/g, '');
const processed = 'tasker_business_revenue_processed_minor_units_total';

test('a value below zero is refused and told: no counter of money ever falls', async (t) => {
  const { sell, samples } = await shop(t, sale({ metrics: { track_revenue: true } }));
  await sell({ order_value: 100 });
  await sell({ order_value: -30 });
  assert.deepEqual(await samples(processed), { 'currency="USD"': 100 });
  assert.deepEqual(await samples('tasker_business_values_refused_total'), { '': 1 });
});

test('customer_tier_tracking alone counts the tasks of each tier', async (t) => {
  const { sell, samples } = await shop(t, sale({ metrics: { customer_tier_tracking: true } }));
  await sell({ customer_tier: 'gold' });
  assert.deepEqual(await samples('tasker_business_tasks_started_total'), { 'customer_tier="gold"': 1 });
});

test('a value of its own is counted in the currency of the context, and what it stands in for stays in the task', async (t) => {
  const task = sale({ metrics: { value: 'total', value_unit: 'major' }, context: ['total'] });
  const { sell, samples, events } = await shop(t, task);
  await sell({ total: 12.34, currency: 'EUR', order_value: 7 });
  assert.deepEqual(await samples(processed), { 'currency="EUR"': 1234 });
  assert.ok((await events()).every(({ business }) => business?.['order_value'] === undefined));
});

test('track_revenue: false means no, also beside a value', async (t) => {
  const { sell, samples } = await shop(t, sale({ metrics: { track_revenue: false, value: 'x' }, context: ['x'] }));
  await sell({ x: 5 });
  assert.deepEqual(await samples(processed), {});
});

test('an attempt that times out is a bottleneck too, and a task’s limit is that of all its steps', async (t) => {
  const { clock, begin, samples } = await shop(
    t,
    sale({
      metrics: {},
      monitoring: { bottleneck_seconds: 2 },
      step: { default_retry_limit: 1, handler_config: { timeout_seconds: 10 } },
      handler: ({ context }) =>
        new Promise((resolve) => {
          if (context['hangs'] !== true) clock.setTimer(5000, () => resolve({}));
        }),
    }),
  );
  await begin({ hangs: true });
  await begin({ hangs: false });
  await clock.advance(11_000);
  assert.deepEqual(await samples('tasker_business_bottlenecks_total'), { 'step="pay",than="limit"': 2 });
});

test('fields of two templates that make the same label are one label', async (t) => {
  const metrics = (label: string) => ({ track_conversion: true, labels: [label] });
  const one = sale({ metrics: metrics('customer.tier'), context: ['customer.tier'] });
  const two = sale({ name: 'resale', metrics: metrics('customer_tier'), context: ['customer_tier'] });
  const { sell, samples } = await shop(t, one, two);
  await sell({ customer: { tier: 'gold' } });
  await sell({ customer_tier: 'basic' }, 'resale');
  assert.deepEqual(await samples('tasker_business_conversions_total'), {
    'customer_tier="gold"': 1,
    'customer_tier="basic"': 1,
  });
});

test('metrics survive a restart with another label: what was counted stays counted, what was at risk is so no more', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'tasker-relabelled-'));
  t.after(() => rm(folder, { recursive: true }));
  const clock = new FakeClock();
  const start = async (labels: readonly string[], declines: boolean) => {
    const task = sale({
      metrics: { track_revenue: true, track_conversion: true, labels },
      context: labels,
      step: { handler_config: { retry_backoff: { kind: 'constant', base_seconds: 100, jitter: 0 } } },
      handler: ({ context }) => {
        if (declines && context['order_value'] === 7) throw new Error('declined');
        return {};
      },
    });
    const tasker = await createTasker(
      { storage: { kind: 'sqlite', file: join(folder, 'a.db') }, tasks: [task], operations: { port: 0 } },
      { clock, env: {}, onWarning: () => undefined },
    );
    await tasker.start();
    const reaches = (metric: string, expected: number) =>
      until(async () => {
        await clock.advance(10);
        const samples = await scrape(tasker, `${metric}{`).catch(() => ({}));
        const values = Object.values(samples);
        return values.length > 0 && values.reduce((sum, value) => sum + value, 0) === expected;
      });
    const stop = async () => {
      const stopped = tasker.stop();
      await clock.advance(10_000);
      await stopped;
    };
    return { tasker, reaches, stop };
  };
  const first = await start(['tier'], true);
  await first.tasker.run({ name: 'sale', context: { order_value: 100, tier: 'gold', region: 'eu' } });
  const { id } = await first.tasker.run({ name: 'sale', context: { order_value: 7, tier: 'gold', region: 'eu' } });
  await first.reaches('tasker_business_revenue_at_risk_minor_units', 7);
  await first.reaches(processed, 100);
  await first.stop();
  const second = await start(['region', 'tier'], false);
  t.after(() => second.stop());
  await second.reaches('tasker_business_revenue_at_risk_minor_units', 7);
  assert.deepEqual(Object.keys(await scrape(second.tasker, 'tasker_business_conversions_total{')), [
    'tasker_business_conversions_total{namespace="default",task="sale",region="",tier="gold"}',
  ]);
  await clock.advance(100_000);
  await second.tasker.wait(id);
  await second.reaches(processed, 107);
  await second.reaches('tasker_business_revenue_at_risk_minor_units', 0);
  const risks = await scrape(second.tasker, 'tasker_business_revenue_at_risk_minor_units{');
  assert.ok(
    Object.values(risks).every((value) => value === 0),
    'none is below zero to make up for another',
  );
});
