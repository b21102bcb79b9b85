import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import fc from 'fast-check';
import { Counter, Gauge, Registry } from 'prom-client';

import {
  createTasker,
  defineSubscriber,
  defineTask,
  PermanentError,
  RetryableError,
  type StepContext,
  type TaskerConfigInput,
} from '../../src/index.ts';
import { createTestTasker } from '../../src/testing/test-tasker.ts';
import { scrape } from '../support/scrape.ts';
import { gate, rest } from '../support/world.ts';

interface Sale {
  readonly order_value: number;
  readonly currency?: string;
  readonly customer_tier?: string;
}

const sale = (pay: (context: StepContext<Sale>) => unknown, monitoring: object = { sla_seconds: 600 }) =>
  defineTask<Sale>({
    name: 'sale',
    namespace_name: 'shop',
    handler_config: {
      business_metrics: { track_revenue: true, track_conversion: true, customer_tier_tracking: true },
      monitoring,
    },
    step_templates: [
      {
        name: 'pay',
        default_retry_limit: 2,
        handler_config: {
          retry_backoff: { kind: 'constant', base_seconds: 10, jitter: 0 },
          monitoring: { stall_seconds: 30, bottleneck_seconds: 5 },
        },
        handler: pay,
      },
    ],
  });

async function shop(t: TestContext, pay: (context: StepContext<Sale>) => unknown, config: TaskerConfigInput = {}) {
  const made = await createTestTasker({ tasks: [sale(pay)], operations: { port: 0 }, ...config });
  t.after(() => made.stop());
  const { tasker, clock, warnings } = made;
  const sell = (context: Sale) => tasker.run({ namespace: 'shop', name: 'sale', context: { ...context } });
  /** By the metric’s middle name: its one sample, or all by their labels. */
  const revenue = async (kind: string): Promise<number> => {
    await clock.advance(20);
    const samples = Object.values(await scrape(tasker, `tasker_business_revenue_${kind}_minor_units`));
    return samples.reduce((sum, value) => sum + value, 0);
  };
  const sample = async (...having: readonly string[]): Promise<number | undefined> => {
    await clock.advance(20);
    return Object.values(await scrape(tasker, ...having))[0];
  };
  return { tasker, clock, warnings, sell, revenue, sample };
}

const gold = { order_value: 12_997, currency: 'EUR', customer_tier: 'gold' };

test('money is at risk from the first failed attempt until its task ends, and then processed', async (t) => {
  const { sell, revenue, clock, sample } = await shop(t, ({ attempt }) => {
    if (attempt === 1) throw new RetryableError('busy');
    return {};
  });
  const handle = await sell(gold);
  await rest();
  assert.deepEqual([await revenue('at_risk'), await revenue('processed')], [12_997, 0]);
  await clock.advance(10_000);
  await handle.wait();
  assert.deepEqual([await revenue('at_risk'), await revenue('processed')], [0, 12_997]);
  assert.equal(await sample('conversions_total', 'customer_tier="gold"'), 1);
  assert.equal(await sample('tasker_step_retries_total', 'step="pay"'), 1);
});

test('a hang is money at risk once it stalls, though nothing has failed', async (t) => {
  const held = gate();
  const { sell, revenue, clock, sample } = await shop(t, () => held.promise);
  const handle = await sell(gold);
  await clock.advance(29_000);
  assert.equal(await revenue('at_risk'), 0);
  await clock.advance(2000);
  assert.equal(await revenue('at_risk'), 12_997);
  assert.equal(await sample('tasker_step_stalls_total'), 1);
  assert.equal(await sample('tasker_tasks_in_progress{'), 1);
  held.open();
  await handle.wait();
  assert.equal(await revenue('at_risk'), 0);
});

test('a failed task is lost once, however often it fails; regained when it completes or is settled by hand', async (t) => {
  let broken = true;
  const { tasker, sell, revenue, clock } = await shop(t, () => {
    if (broken) throw new Error('down');
    return {};
  });
  const fail = async () => {
    const handle = await sell(gold);
    await clock.advance(11_000);
    assert.equal((await handle.wait()).status, 'error');
    return handle;
  };
  const [completes, resolved, cancelled] = [await fail(), await fail(), await fail()];
  assert.deepEqual([await revenue('lost'), await revenue('regained')], [3 * 12_997, 0]);
  await tasker.retry(completes.id);
  await clock.advance(11_000);
  assert.equal(await revenue('lost'), 3 * 12_997, 'it has failed again and was not regained between');
  broken = false;
  await tasker.retry(completes.id);
  await completes.wait();
  await tasker.resolve(resolved.id, { why: 'by hand' });
  await tasker.cancel(cancelled.id);
  assert.deepEqual(
    [await revenue('lost'), await revenue('regained'), await revenue('processed'), await revenue('at_risk')],
    [3 * 12_997, 2 * 12_997, 12_997, 0],
  );
});

test('a task that is cancelled before it ends is lost', async (t) => {
  const held = gate();
  t.after(() => held.open());
  const { tasker, sell, revenue } = await shop(t, () => held.promise);
  const handle = await sell(gold);
  await rest();
  await tasker.cancel(handle.id);
  assert.deepEqual([await revenue('lost'), await revenue('regained')], [12_997, 0]);
});

test('an SLA is not met at its breach, and met at the end of a task without one', async (t) => {
  const held = gate();
  let holds = true;
  const { sell, clock, sample } = await shop(t, () => (holds ? held.promise : {}));
  const slow = await sell(gold);
  await clock.advance(601_000);
  assert.equal(await sample('tasker_sla_total', 'met="false"'), 1);
  assert.equal(await sample('tasker_sla_breached_tasks{'), 1);
  held.open();
  await slow.wait();
  holds = false;
  await (await sell(gold)).wait();
  assert.equal(await sample('tasker_sla_breached_tasks{'), 0);
  assert.deepEqual(
    [await sample('tasker_sla_total', 'met="false"'), await sample('tasker_sla_total', 'met="true"')],
    [1, 1],
  );
});

test('money without a currency is of the configured one; what is no amount is told and counts nowhere', async (t) => {
  const { sell, sample, revenue } = await shop(t, () => ({}), {
    telemetry: { metrics: { defaultCurrency: 'CHF' } },
  });
  await (await sell({ order_value: 500 })).wait();
  await (await sell({ order_value: 'a lot' as unknown as number, currency: 'EUR' })).wait();
  assert.equal(await sample('revenue_processed', 'currency="CHF"'), 500);
  assert.equal(await revenue('processed'), 500);
  assert.equal(await sample('tasker_business_values_refused_total'), 1);
});

test('an attempt is a bottleneck beyond its limit, or beyond twice its own p95 once there is a past', async (t) => {
  const waits: number[] = [];
  const { tasker, clock, sell, sample } = await shop(t, async () => {
    const wait = gate();
    clock.setTimer(waits.shift() ?? 100, () => wait.open());
    await wait.promise;
  });
  const run = async (ms: number): Promise<void> => {
    waits.push(ms);
    const handle = await sell(gold);
    await rest();
    await clock.advance(ms);
    await tasker.wait(handle.id);
  };
  for (let count = 0; count < 30; count += 1) await run(100);
  assert.equal(await sample('tasker_business_bottlenecks_total'), undefined);
  await run(260);
  assert.equal(await sample('tasker_business_bottlenecks_total', 'than="own_past"'), 1);
  await run(5100);
  assert.equal(await sample('tasker_business_bottlenecks_total', 'than="limit"'), 1);
});

test('errors are told by class; the configuration may know more of them', async (t) => {
  const fails = [
    Object.assign(new Error('x'), { code: 'ECONNREFUSED' }),
    Object.assign(new Error('x'), { code: 'E_FROZEN_CARD' }),
    Object.assign(new Error('x'), { status: 429 }),
  ];
  const { sell, clock, sample } = await shop(
    t,
    () => {
      throw fails.shift() ?? new Error('plain');
    },
    { telemetry: { metrics: { errorClasses: { card: ['E_FROZEN_CARD'] } } } },
  );
  for (let count = 0; count < 2; count += 1) await sell(gold);
  await clock.advance(11_000);
  for (const kind of ['connection', 'card', 'resource', 'application'])
    assert.equal(await sample('tasker_step_errors_total', `class="${kind}"`), 1, kind);
  assert.equal(await sample('tasker_task_error_ratio'), 1);
});

test('the application’s own registry is shown too, and one of a name that is known already is not shown twice', async (t) => {
  const registry = new Registry();
  new Counter({ name: 'carts_total', help: 'Carts.', registers: [registry] }).inc(7);
  new Counter({ name: 'process_cpu_seconds_total', help: 'Again.', registers: [registry] }).inc(7);
  const { tasker, sample } = await shop(t, () => ({}), { telemetry: { metrics: { registries: [registry] } } });
  assert.equal(await sample('carts_total'), 7);
  assert.equal(Object.keys(await scrape(tasker, 'process_cpu_seconds_total')).length, 1);
  const { operationsUrl } = tasker.status();
  const asked = { headers: { accept: 'application/openmetrics-text; version=1.0.0' } };
  const response = await fetch(`${operationsUrl}/metrics`, asked);
  assert.match(response.headers.get('content-type') ?? '', /^application\/openmetrics-text; version=1\.0\.0/);
  const body = await response.text();
  assert.match(body, /# TYPE carts counter\ncarts_total 7/);
  assert.match(body, /# EOF\n$/);
  assert.equal((await registry.getSingleMetricAsString('carts_total')).includes('carts_total 7'), true);
});

test('a registry that cannot be read is told of, and costs none of the other metrics', async (t) => {
  const [broken, good] = [new Registry(), new Registry()];
  const collect = () => {
    throw new Error('no connection');
  };
  const stock = new Gauge({ name: 'stock', help: 'Stock.', registers: [broken], collect });
  assert.equal(broken.getSingleMetric('stock'), stock);
  new Counter({ name: 'carts_total', help: 'Carts.', registers: [good] }).inc(7);
  const registries = [broken, good];
  const { sample, warnings } = await shop(t, () => ({}), { telemetry: { metrics: { registries } } });
  assert.equal(await sample('carts_total'), 7);
  assert.match(warnings.join('\n'), /registries cannot be read.*no connection/);
});

test('metrics that are switched off are not there, and leave nothing behind', async (t) => {
  const { tasker } = await shop(t, () => ({}), { telemetry: { metrics: { enabled: false } } });
  assert.deepEqual(await scrape(tasker, 'tasker_tasks'), {});
  assert.deepEqual(await tasker.subscribers(), []);
});

test('one metric with two meanings is refused', async () => {
  const declaring = (name: string, labels: Record<string, string>) =>
    defineTask({
      name,
      handler_config: { business_metrics: { counters: [{ name: 'sold_total', labels }] } },
      step_templates: [{ name: 'a', handler: () => 1 }],
    });
  await assert.rejects(
    createTasker({
      storage: { kind: 'memory' },
      tasks: [declaring('one', {}), declaring('two', { kind: 'x' })],
    }),
    {
      code: 'TASKER_CONFIG_INVALID',
      message: /'sold_total' is a counter with labels none in default\.one@0\.1\.0, and a counter with labels kind in /,
    },
  );
});

test('how full things are: at work, ready without room, waiting, and how often subscribers failed', async (t) => {
  const open = gate();
  let fails = 2;
  const { sell, sample, clock } = await shop(
    t,
    async ({ context }) => {
      if (context.order_value === 1) throw new RetryableError('later', { retryAfterMs: 1000 });
      await open.promise;
    },
    {
      limits: { stepsPerProcess: 1 },
      subscribers: [
        defineSubscriber({
          name: 'shaky',
          retries: { limit: 5, baseMs: 1, maxMs: 1 },
          on: {
            'task.initialize_requested': () => {
              fails -= 1;
              if (fails >= 0) throw new Error('not now');
            },
          },
        }),
      ],
    },
  );
  await sell({ order_value: 1 });
  await clock.advance(20);
  const handles = [await sell(gold), await sell(gold), await sell(gold)];
  await clock.advance(20);
  assert.equal(await sample('tasker_engine_attempts_running'), 1);
  assert.equal(await sample('tasker_engine_tasks_ready'), 2);
  assert.equal(await sample('tasker_engine_tasks_waiting'), 3, 'two for room, one for its next attempt soon');
  assert.equal(await sample('tasker_subscriber_failures_total', 'shaky'), 2);
  open.open();
  for (const handle of handles) await handle.wait();
  assert.equal(await sample('tasker_engine_tasks_ready'), 0);
});

test('a token that is not there is an error at the start, not an open door', async () => {
  const config = {
    storage: { kind: 'memory' as const },
    operations: { port: 0, bearerToken: { env: 'NO_SUCH_TOKEN' } },
  };
  await assert.rejects(createTasker(config, { env: {} }), {
    code: 'TASKER_CONFIG_INVALID',
    message: /operations\.bearerToken: expected a secret in the environment variable NO_SUCH_TOKEN/,
  });
});

test('whatever handlers are given, return or throw: nothing that no list names is shown', async (t) => {
  const hidden = fc.stringMatching(/^[a-z]{12}$/).map((text) => `secret-${text}`);
  await fc.assert(
    fc.asyncProperty(hidden, fc.constantFrom('returns', 'throws', 'throws coded'), async (secret, how) => {
      const { tasker, clock, sell } = await shop(t, () => {
        if (how === 'returns') return { note: secret, method: 'card' };
        throw Object.assign(
          new Error(`declined ${secret}`),
          how === 'throws coded' ? { code: 'E_NO', status: 402 } : {},
        );
      });
      await sell({ ...gold, card: secret, note: { deep: secret } } as Sale);
      await clock.advance(11_000);
      const response = await fetch(`${tasker.status().operationsUrl}/metrics`, {
        headers: { accept: 'application/openmetrics-text' },
      });
      const body = await response.text();
      assert.match(body, /tasker_tasks_total/);
      assert.ok(!body.includes(secret), 'it was shown');
    }),
    { numRuns: 12 },
  );
});

test('windowSeconds says what the error ratio looks back at', async (t) => {
  let broken = true;
  const pay = () => {
    if (broken) throw new PermanentError('down');
    return {};
  };
  const ratioAfterTwoMinutes = async (windowSeconds: number): Promise<number | undefined> => {
    broken = true;
    const { sell, clock, sample } = await shop(t, pay, { telemetry: { metrics: { windowSeconds } } });
    await (await sell(gold)).wait();
    await clock.advance(120_000);
    broken = false;
    await (await sell(gold)).wait();
    return sample('tasker_task_error_ratio');
  };
  assert.equal(await ratioAfterTwoMinutes(600), 0.5);
  assert.equal(await ratioAfterTwoMinutes(60), 0);
});

test('beyond seriesLimit further series are counted in one that says so', async (t) => {
  const tiers = ['a', 'b', 'c', 'd'];
  const series = async (seriesLimit: number): Promise<number> => {
    const { tasker, sell, clock } = await shop(t, () => ({}), { telemetry: { metrics: { seriesLimit } } });
    for (const customer_tier of tiers) await (await sell({ ...gold, customer_tier })).wait();
    await clock.advance(20);
    const told = await scrape(
      tasker,
      'tasker_metric_series_overflow_total{metric="tasker_business_conversions_total"}',
    );
    assert.deepEqual(Object.values(told), seriesLimit < tiers.length ? [tiers.length - seriesLimit] : []);
    const counted = await scrape(tasker, 'tasker_business_conversions_total{');
    assert.equal(
      Object.values(counted).reduce((sum, value) => sum + value, 0),
      tiers.length,
    );
    assert.equal(
      Object.keys(counted).some((labels) => labels.includes('__overflow__')),
      seriesLimit < tiers.length,
    );
    return Object.keys(counted).length;
  };
  assert.equal(await series(100), 4);
  assert.ok((await series(2)) <= 3);
});
