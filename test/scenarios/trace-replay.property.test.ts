import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { defineTask, PermanentError, type Span } from '../../src/index.ts';
import { propertyRuns } from '../support/scale.ts';
import { traced } from '../support/traced.ts';

const outcome = fc.constantFrom('ok', 'fails', 'refuses', 'hangs');
const shape = fc.record({
  mode: fc.constantFrom('continuous', 'linked'),
  sampleRatio: fc.constantFrom(0, 0.5, 1),
  /** By task, by attempt of its first step; beyond these it succeeds. */
  tasks: fc.array(fc.array(outcome, { maxLength: 4 }), { minLength: 1, maxLength: 6 }),
});

test('over random tasks every span has an id of its own and a parent that is there, and a replay gives the same spans', async (t) => {
  await fc.assert(
    fc.asyncProperty(shape, async ({ mode, sampleRatio, tasks }) => {
      const task = defineTask({
        name: 'order',
        handler_config: { monitoring: { sla_seconds: 20 } },
        step_templates: [
          {
            name: 'pay',
            default_retry_limit: 3,
            handler_config: { timeout_seconds: 40 },
            handler: ({ context, attempt }) => {
              const how = tasks[Number(context['number'])]?.[attempt - 1] ?? 'ok';
              if (how === 'fails') throw new Error('no');
              if (how === 'refuses') throw new PermanentError('no');
              return how === 'hangs' ? new Promise(() => undefined) : 1;
            },
          },
          { name: 'ship', depends_on_step: 'pay', handler: () => 1 },
        ],
      });
      const { tasker, clock, spans, stop } = await traced(t, [task], { tracing: { mode, sampleRatio } });
      const ids = [];
      for (const number of tasks.keys()) ids.push((await tasker.run({ name: 'order', context: { number } })).id);
      await clock.advance(250_000);
      for (const id of ids) {
        const { status } = await tasker.get(id);
        if (status === 'error') await tasker.retry(id, { by: 'ada', why: 'again' });
      }
      await clock.advance(250_000);
      const first = texts(spans);
      const bySpan = new Map(spans.map((span) => [span.spanId, span]));
      assert.equal(bySpan.size, spans.length, 'each has an id of its own');
      for (const { name, traceId, parentSpanId, links } of spans) {
        if (parentSpanId !== null) assert.equal(bySpan.get(parentSpanId)?.traceId, traceId, `the parent of ${name}`);
        for (const link of links) assert.equal(bySpan.get(link.spanId)?.traceId, link.traceId, `a link of ${name}`);
      }
      if (sampleRatio === 1) assert.equal(first.filter((text) => text.includes('task started')).length, tasks.length);

      spans.length = 0;
      await tasker.replay('distributed-tracing.kept', { from: 'beginning', deliver: true });
      assert.deepEqual(texts(spans), first);
      await stop();
    }),
    { numRuns: propertyRuns(12) },
  );
});

const texts = (spans: readonly Span[]): readonly string[] => spans.map((span) => JSON.stringify(span)).toSorted();
