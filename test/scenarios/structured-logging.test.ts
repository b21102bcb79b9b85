import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import fc from 'fast-check';

import { defineTask, PublicError, type TaskDefinition, type TaskerConfigInput } from '../../src/index.ts';
import { parameterFilter } from '../../src/subscribers/structured-logging/parameter-filter.ts';
import { until } from '../support/until.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { createTestTasker } from '../../src/testing/test-tasker.ts';

type Logging = NonNullable<NonNullable<TaskerConfigInput['telemetry']>['logging']>;

const checkout = defineTask<{ tier: string; api_token: string; card: string }>({
  name: 'monitored_checkout',
  namespace_name: 'shop',
  handler_config: { business_context: ['tier', 'api_token'], monitoring: { sla_seconds: 5 } },
  step_templates: [
    {
      name: 'update_inventory',
      dependent_system: 'inventory',
      default_retry_limit: 2,
      handler_config: {
        results: ['reserved'],
        retry_backoff: { kind: 'constant', base_seconds: 10, jitter: 0 },
      },
      handler: ({ attempt, context }) => {
        if (attempt === 1) throw new PublicError(`no stock for ${context.tier}`);
        return { reserved: 3, card: context.card };
      },
    },
  ],
});

/** The lines that one checkout, which fails once and is late, leaves. */
async function logged(
  t: TestContext,
  logging: Logging = {},
  taskOn: (clock: FakeClock) => TaskDefinition = () => checkout,
  tier = 'gold',
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tasker-logging-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'log.ndjson');
  const clock = new FakeClock();
  const made = await createTestTasker(
    { tasks: [taskOn(clock)], telemetry: { logging: { enabled: true, destination: { file }, ...logging } } },
    { clock },
  );
  const context = { tier, api_token: 'tok_1', card: '4111' };
  const { id } = await made.tasker.run({
    namespace: 'shop',
    name: 'monitored_checkout',
    context,
    correlationId: 'c-7',
  });
  await made.clock.advance(11_000);
  assert.equal((await made.tasker.wait(id)).status, 'complete');
  await until(async () => {
    await made.clock.advance(10);
    return (await made.tasker.subscribers()).every(({ lag }) => lag === 0) && true;
  });
  await made.stop();
  return readFile(file, 'utf8');
}

const parsed = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('each fact is a line with the type and level of its meaning, and the ids to find the others by', async (t) => {
  const lines = parsed(await logged(t, { level: 'debug' }));
  assert.deepEqual(
    lines.map(({ level, type }) => `${String(level)} ${String(type)}`),
    [
      'info system.worker.started',
      'info business.monitored_checkout.created',
      'info business.monitored_checkout.started',
      'debug business.inventory.started',
      'warn business.inventory.failure',
      'info business.inventory.retry',
      'error performance.sla.violation',
      'debug business.inventory.started',
      'info business.inventory.completed',
      'info business.monitored_checkout.completed',
    ],
  );
  const failure = lines.find(({ type }) => type === 'business.inventory.failure');
  assert.equal(failure?.['event'], 'step.failed');
  assert.equal(failure?.['correlation_id'], 'c-7');
  assert.match(String(failure?.['trace_id']), /^[0-9a-f]{32}$/);
  assert.match(String(failure?.['span_id']), /^[0-9a-f]{16}$/);
  assert.equal((failure?.['payload'] as { error: { message: string } }).error.message, 'no stock for gold');
  assert.match(String(failure?.['time']), /^\d{4}-.*Z$/);
});

test('what the filter names is masked, at every depth; what no list names is not there at all', async (t) => {
  const text = await logged(t);
  const created = parsed(text).find(({ event }) => event === 'task.initialize_requested');
  assert.deepEqual(created?.['business'], { tier: 'gold', api_token: '[FILTERED]' });
  assert.ok(!text.includes('tok_1') && !text.includes('4111'));
  const own = parsed(await logged(t, { filterParameters: ['TIER'], filterMask: '***' }));
  assert.deepEqual(own.find(({ event }) => event === 'task.completed')?.['business'], {
    tier: '***',
    api_token: 'tok_1',
  });
});

test('level, format, service, events and words are as the configuration says', async (t) => {
  const warnings = parsed(await logged(t, { level: 'warn', service: 'shop' }));
  assert.deepEqual(
    warnings.map(({ level, service }) => [level, service]),
    [
      ['warn', 'shop'],
      ['error', 'shop'],
    ],
  );
  const words = { 'shop.monitored_checkout': 'checkout', 'shop.monitored_checkout.update_inventory': 'stock' };
  const told = parsed(await logged(t, { words, filteredEvents: ['worker.*', 'task.initialize_requested'] }));
  assert.deepEqual(
    told.map(({ type }) => type),
    [
      'business.checkout.started',
      'business.stock.failure',
      'business.stock.retry',
      'performance.sla.violation',
      'business.stock.completed',
      'business.checkout.completed',
    ],
  );
  const logfmt = await logged(t, { format: 'logfmt', level: 'error' });
  assert.match(logfmt, /^level=error service=tasker time=\S+ event=task\.sla_breached .*message="[^"]+"\n$/);
  assert.match(logfmt, /business\.tier=gold/);
  const pretty = await logged(t, { format: 'pretty_json', level: 'error' });
  assert.equal((JSON.parse(pretty) as { type: string }).type, 'performance.sla.violation');
  assert.match(pretty, /^\{\n {2}"level": "error",\n/);
});

test('an attempt that took longer than its limit is a bottleneck to whoever reads the log, its step’s or its task’s', async (t) => {
  const slow = (monitoring: object, ofStep: object) => (clock: FakeClock) =>
    defineTask<{ tier: string; api_token: string; card: string }>({
      name: 'monitored_checkout',
      namespace_name: 'shop',
      handler_config: { monitoring },
      step_templates: [
        {
          name: 'update_inventory',
          handler_config: { monitoring: ofStep },
          handler: () => new Promise((resolve) => clock.setTimer(3000, () => resolve({}))),
        },
      ],
    });
  const ofStep = async (...limits: readonly [object, object]) => {
    const lines = parsed(await logged(t, {}, slow(...limits)));
    return lines.filter(({ event }) => event === 'step.completed').map(({ type, level }) => [level, type].join(' '));
  };
  assert.deepEqual(await ofStep({ bottleneck_seconds: 2 }, {}), ['warn performance.step.bottleneck']);
  assert.deepEqual(await ofStep({}, { bottleneck_seconds: 2 }), ['warn performance.step.bottleneck']);
  assert.deepEqual(await ofStep({ bottleneck_seconds: 2 }, { bottleneck_seconds: 4 }), [
    'info business.update_inventory.completed',
  ]);
});

test('in logfmt a key from a request begins no other pair and no other line', async (t) => {
  const tier = { 'a b="\n\u0085level=error': 'c\u0001' } as unknown as string;
  const text = await logged(t, { format: 'logfmt', filteredEvents: ['step.*', 'worker.*'] }, undefined, tier);
  const lines = text.split('\n').filter((line) => line !== '');
  assert.equal(lines.length, 4, 'created, started, late, completed');
  for (const line of lines) assert.match(line, / business\.tier\.a_b____level_error="c\\u0001" /);
});

test('logging that is not asked for writes nothing and follows nothing', async () => {
  const made = await createTestTasker({ tasks: [checkout] });
  assert.deepEqual(await made.tasker.subscribers(), []);
  await made.stop();
});

test('whatever is nested wherever: no value of a key that the filter names is left, and no other is touched', () => {
  const key = fc.constantFrom('password', 'userEmail', 'API_KEY', 'amount', 'region', 'deep');
  const tree = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: 'small' }, fc.constant('secret-value'), fc.integer(), tie('list'), tie('object')),
    list: fc.array(tie('value'), { maxLength: 3 }),
    object: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  }));
  const filter = parameterFilter(['passw', 'email', '_key'], '#');
  const isHidden = (name: string): boolean => /passw|email|_key/i.test(name);
  const check = (before: unknown, after: unknown): void => {
    if (Array.isArray(before)) return before.forEach((item, index) => check(item, (after as unknown[])[index]));
    if (typeof before !== 'object' || before === null) return assert.deepEqual(after, before);
    for (const [name, value] of Object.entries(before)) {
      const masked = (after as Record<string, unknown>)[name];
      if (isHidden(name)) assert.equal(masked, '#');
      else check(value, masked);
    }
  };
  fc.assert(fc.property(tree.object, (fields) => check(fields, filter(fields as never))));
});
