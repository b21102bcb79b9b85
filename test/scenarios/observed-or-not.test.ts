import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { defineSink, defineTask, PermanentError, type TaskerConfigInput } from '../../src/index.ts';
import { createTestTasker } from '../../src/testing/test-tasker.ts';

const sale = defineTask<{ order_value: number; currency: string }>({
  name: 'sale',
  handler_config: {
    business_metrics: { track_revenue: true, track_conversion: true },
    monitoring: { sla_seconds: 8 },
  },
  step_templates: [
    {
      name: 'pay',
      handler_config: { results: ['amount'], retry_backoff: { kind: 'exponential', base_seconds: 1, jitter: 0.5 } },
      handler: ({ context, attempt }) => {
        if (context.order_value % 7 === 0) throw new PermanentError('declined');
        if ((context.order_value + attempt) % 3 === 0) throw new Error('busy');
        return { amount: context.order_value };
      },
    },
    { name: 'ship', depends_on_step: 'pay', handler: ({ results }) => ({ shipped: results['pay'] }) },
  ],
});

/** What thirty tasks give back, and everything recorded of them. */
async function outcome(config: Omit<TaskerConfigInput, 'storage' | 'tasks'>) {
  const made = await createTestTasker({ tasks: [sale], ...config }, { seed: 11 });
  const ids: string[] = [];
  for (let number = 1; number <= 30; number += 1) {
    const context = { order_value: number, currency: 'EUR' };
    ids.push((await made.tasker.run({ name: 'sale', context })).id);
  }
  await made.clock.advance(60_000);
  const tasks = await Promise.all(ids.map((id) => made.tasker.get(id)));
  const events = (await made.events()).filter(({ name }) => !/^(subscriber|sink|worker)\./.test(name));
  await made.stop();
  return {
    results: tasks.map(({ status, steps }) => [status, steps.map((step) => [step.results, step.attempts])]),
    // Positions move apart where observers record facts of their own; ids come from one chance for all.
    story: events.map(({ position: _position, id: _id, causationId: _cause, ...rest }) => rest),
  };
}

test('observed in every way or in none: the same results, and the same story in the log', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'tasker-observed-'));
  t.after(() => rm(folder, { recursive: true }));
  let spans = 0;
  const traces = defineSink({
    name: 'spans',
    traces: async (some) => {
      spans += some.length;
      return { kind: 'delivered' };
    },
  });
  const unseen = await outcome({ telemetry: { tracing: { enabled: false } } });
  const seen = await outcome({
    operations: { port: 0 },
    sinks: [traces],
    telemetry: { logging: { enabled: true, level: 'debug', destination: { file: join(folder, 'log') } } },
  });
  assert.ok(spans > 100, `${spans} spans`);
  assert.deepEqual(seen.results, unseen.results);
  assert.deepEqual(seen.story, unseen.story);
});
