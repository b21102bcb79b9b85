import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { defineSubscriber, defineTask } from '../../src/index.ts';
import type { Storage } from '../../src/execution/storage.ts';
import { createTestTasker } from '../../src/testing/index.ts';

const job = defineTask({ name: 'job', step_templates: [{ name: 'work', handler: () => ({}) }] });

/** A subscriber that has parked one completion, and beside it events at these positions, which the log does not have. */
async function world(t: TestContext, positions: readonly number[], onPark: 'continue' | 'hold-task' = 'continue') {
  const doing = { broken: true };
  let handled = 0;
  const subscriber = defineSubscriber({
    name: 'sales',
    onPark,
    retries: { limit: 0 },
    on: {
      'task.completed': () => {
        if (doing.broken) throw new Error('not yet');
        handled += 1;
      },
    },
  });
  let storage: Storage | undefined;
  const wrapStorage = (opened: Storage): Storage => (storage = opened);
  const made = await createTestTasker({ tasks: [job], subscribers: [subscriber] }, { surroundings: { wrapStorage } });
  t.after(made.stop);
  const { tasker, clock } = made;
  const { id } = await tasker.run({ name: 'job', context: {} });
  await clock.advance(2000);
  const real = (await tasker.parked('sales')).events[0]?.position ?? 0;
  const row = await storage?.subscribers.load('sales');
  assert.ok(row !== null && row !== undefined && real > 0);
  const kept = {
    eventName: 'task.completed',
    attempts: 1,
    parkedAt: 0,
    error: { type: 'E', message: '', stack: null },
  };
  const saved = await storage?.commitGroup(
    [],
    [
      {
        kind: 'advance',
        subscriber: 'sales',
        generation: row.generation,
        from: row.checkpoint,
        to: row.checkpoint,
        countsFrom: null,
        park: positions.map((position) => ({ ...kept, position, taskId: id })),
        unpark: [],
        events: [],
      },
    ],
  );
  assert.deepEqual(saved?.progress[0]?.kind, 'saved');
  return { tasker, doing, real, handled: () => handled };
}

const many = Array.from({ length: 10_500 }, (_, index) => 1_000_000 + index);

test('all that is parked is tried, also behind an event that the log no longer has, which is named', async (t) => {
  const { tasker, doing, real, handled } = await world(t, [0, ...many]);
  doing.broken = false;
  assert.deepEqual(await tasker.retryParked('sales'), { settled: [real], failed: [], gone: [0, ...many] });
  assert.equal(handled(), 1);
  await assert.rejects(tasker.retryParked('sales', 0), {
    code: 'TASKER_PARKED_EVENT_NOT_FOUND',
    message: /no longer in the log; drop it/,
  });
  await tasker.dropParked('sales', 0);
  assert.equal((await tasker.parked('sales')).total, many.length);
});

test('with hold-task what waits behind an event that the log no longer has waits until that is dropped', async (t) => {
  const { tasker, doing, real, handled } = await world(t, [0], 'hold-task');
  doing.broken = false;
  assert.deepEqual(await tasker.retryParked('sales'), { settled: [], failed: [], gone: [0] });
  await tasker.dropParked('sales', 0);
  assert.equal(handled(), 0, 'it has failed by itself');
  assert.deepEqual((await tasker.retryParked('sales')).settled, [real]);
});

test('all that is parked is dropped, however much', async (t) => {
  const { tasker, real, handled } = await world(t, many);
  assert.deepEqual((await tasker.dropParked('sales')).settled, [real, ...many]);
  assert.deepEqual(await tasker.parked(), { events: [], total: 0, next: null });
  assert.equal(handled(), 0);
});

test('what is parked is listed in pages that say how much there is in all', async (t) => {
  const { tasker, real } = await world(t, many);
  const listed: number[] = [];
  for (let after: string | undefined; ;) {
    const page = await tasker.parked('sales', after === undefined ? {} : { after });
    assert.equal(page.total, many.length + 1);
    listed.push(...page.events.map(({ position }) => position));
    if (page.next === null) break;
    after = page.next;
  }
  assert.deepEqual(listed, [real, ...many]);
  const last = many.at(-1) ?? 0;
  const one = await tasker.parked('sales', { position: last });
  assert.deepEqual([one.events[0]?.position, one.total, one.next], [last, 1, null]);
  assert.equal((await tasker.parked('nobody')).total, 0);
  await assert.rejects(tasker.parked('sales', { limit: 1001 }), { code: 'TASKER_REQUEST_INVALID' });
  await assert.rejects(tasker.parked('sales', { after: 'sales' }), { code: 'TASKER_REQUEST_INVALID' });
});

test('what is no position never means all that is parked', async (t) => {
  const { tasker } = await world(t, many.slice(0, 2));
  for (const position of [Number.NaN, -1, 1.5, '1000000', null]) {
    const refused = { code: 'TASKER_REQUEST_INVALID', message: /position: expected a whole number from 0, got / };
    // @ts-expect-error -- JavaScript does not check it
    await assert.rejects(tasker.dropParked('sales', position), refused);
    // @ts-expect-error -- JavaScript does not check it
    await assert.rejects(tasker.retryParked('sales', position), refused);
    // @ts-expect-error -- JavaScript does not check it
    await assert.rejects(tasker.parked('sales', { position }), refused);
  }
  assert.equal((await tasker.parked('sales')).total, 3);
});
