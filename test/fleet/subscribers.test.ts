import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { createTasker, defineSubscriber, defineTask } from '../../src/index.ts';
import { firstSaveFails } from '../support/first-save-fails.ts';
import { needsPostgres } from '../support/postgres.ts';
import { scrape } from '../support/scrape.ts';
import { until } from '../support/until.ts';
import { fleet } from './fleet.ts';
import { pagers } from './pagers.ts';

const job = defineTask<{ order: number; fails?: boolean }>({
  name: 'job',
  step_templates: [
    {
      name: 'work',
      default_retryable: false,
      handler: ({ context }) => {
        if (context.fails === true) throw new Error('no');
        return {};
      },
    },
  ],
});

/** A subscriber for each process that tells which events it was given, and keeps how many that were. */
function follower(doing: { broken: boolean } = { broken: false }) {
  const seen: { readonly by: string; readonly id: string; readonly position: number; readonly taskId: string }[] = [];
  const of = (by: string) =>
    defineSubscriber<{ count: number }>({
      name: 'sales',
      retries: { limit: 0 },
      state: { initial: () => ({ count: 0 }) },
      on: {
        'task.completed': (event, context) => {
          if (doing.broken) throw new Error('not yet');
          seen.push({ by, id: event.id, position: event.position, taskId: event.taskId ?? '' });
          context.state = { count: context.state.count + 1 };
        },
      },
    });
  return { seen, of };
}

describe('Subscribers of several processes', needsPostgres, () => {
  it('run in one of them, and in the next when that one is killed or leaves', { timeout: 90_000 }, async (t) => {
    const { seen, of } = follower();
    const { worker, client } = await fleet(t, { tasks: [job] });
    const [a, b, c] = [
      await worker({ config: { subscribers: [of('a')] } }),
      await worker({ config: { subscribers: [of('b')] } }),
      await worker({ config: { subscribers: [of('c')] } }),
    ];
    const asking = await client();
    const standing = async (tasker: typeof asking) =>
      (await tasker.subscribers()).find(({ name }) => name === 'sales')?.status;
    let order = 0;
    const run = async (count: number): Promise<void> => {
      for (let left = count; left > 0; left -= 1) await asking.run({ name: 'job', context: { order: (order += 1) } });
    };
    await run(3);
    await until(async () => seen.length === 3);
    assert.deepEqual([...new Set(seen.map(({ by }) => by))], ['a']);
    assert.deepEqual(
      [await standing(a.tasker), await standing(b.tasker), await standing(asking)],
      ['following', 'elsewhere', 'elsewhere'],
    );
    await until(async () => ((await asking.subscriberState('sales')) as { count?: number } | null)?.count === 3);
    await a.crash();
    await run(2);
    await until(async () => seen.length === 5);
    const second = seen.at(-1)?.by === 'b' ? b : c;
    await until(async () => ((await asking.subscriberState('sales')) as { count?: number } | null)?.count === 5);
    const leftAt = performance.now();
    await second.tasker.stop();
    await run(1);
    await until(async () => seen.length === 6);
    t.diagnostic(`after a leave the next one handled an event within ${Math.round(performance.now() - leftAt)} ms`);
    assert.equal(new Set(seen.map(({ by }) => by)).size, 3);
    assert.equal(new Set(seen.map(({ id }) => id)).size, 6, 'none twice, none missed');
    assert.deepEqual(
      seen,
      seen.toSorted((one, other) => one.position - other.position),
    );
    await until(async () => ((await asking.subscriberState('sales')) as { count?: number } | null)?.count === 6);
  });

  it('do what any process asks of them', { timeout: 90_000 }, async (t) => {
    const doing = { broken: true };
    const { seen, of } = follower(doing);
    const { worker, client } = await fleet(t, { tasks: [job] });
    await worker({ config: { subscribers: [of('a')] } });
    const b = await worker({ config: { subscribers: [of('b')] } });
    const bare = await worker({ config: { observers: false } });
    const asking = await client();
    for (const order of [1, 2, 3]) await asking.run({ name: 'job', context: { order } });
    await until(async () => (await asking.parked('sales')).total === 3);
    const [first] = (await asking.parked('sales')).events;
    assert.deepEqual(await bare.tasker.dropParked('sales', first?.position), {
      settled: [first?.position],
      failed: [],
      gone: [],
    });
    doing.broken = false;
    assert.equal((await b.tasker.retryParked('sales')).settled.length, 2);
    assert.equal((await b.tasker.replay('sales', { from: 'beginning' })).reached > 0, true);
    await assert.rejects(bare.tasker.retryParked('nobody'), { code: 'TASKER_SUBSCRIBER_NOT_FOUND' });
    assert.deepEqual(await asking.unregister('sales'), { name: 'sales', parked: 0 });
    assert.ok(seen.every(({ by }) => by === 'a'));
  });

  it('keep what was set aside when another process takes over', { timeout: 90_000 }, async (t) => {
    const doing = { broken: true };
    const { seen, of } = follower(doing);
    const { worker } = await fleet(t, { tasks: [job] });
    const a = await worker({ config: { subscribers: [of('a')] } });
    const b = await worker({ config: { subscribers: [of('b')] } });
    await a.tasker.run({ name: 'job', context: { order: 1 } });
    await until(async () => (await b.tasker.parked('sales')).total === 1);
    await a.crash();
    await until(async () => (await b.tasker.subscribers()).some(({ status }) => status === 'following'));
    doing.broken = false;
    assert.equal((await b.tasker.retryParked('sales')).settled.length, 1);
    assert.deepEqual(
      seen.map(({ by }) => by),
      ['b'],
    );
  });

  it(
    'count once for the fleet, exactly over a fail-over, and show at the one who has them',
    { timeout: 90_000 },
    async (t) => {
      const { worker } = await fleet(t, {
        tasks: [job],
        operations: { port: 0 },
        telemetry: { metrics: { enabled: true } },
      });
      const a = await worker();
      const b = await worker();
      const total = async (...taskers: readonly (typeof a)[]): Promise<number> => {
        const shown = await Promise.all(taskers.map(({ tasker }) => scrape(tasker, 'tasker_tasks_total{')));
        return shown.flatMap((each) => Object.values(each)).reduce((sum, value) => sum + value, 0);
      };
      for (let order = 0; order < 6; order += 1)
        await (await (order % 2 === 0 ? a : b).tasker.run({ name: 'job', context: { order } })).wait();
      await until(async () => (await total(a, b).catch(() => 0)) === 6);
      assert.equal(await total(b), 0, 'only its own process');
      assert.ok(Object.keys(await scrape(b.tasker, 'tasker_engine_tasks_in_memory')).length > 0);
      await a.crash();
      await (await b.tasker.run({ name: 'job', context: { order: 7 } })).wait();
      await until(async () => (await total(b).catch(() => 0)) === 7);
    },
  );

  it('see incidents once for the fleet, and remember them over a fail-over', { timeout: 120_000 }, async (t) => {
    const { told, pager } = pagers();
    const { worker, client } = await fleet(t, { tasks: [job], alerts: {} });
    const a = await worker({ config: { sinks: [pager('a')] } });
    const b = await worker({ config: { sinks: [pager('b')] } });
    for (let order = 0; order < 40; order += 1)
      await (order % 2 === 0 ? a : b).tasker.run({ name: 'job', context: { order, fails: true } });
    await until(async () => told.length > 0);
    const asking = await client();
    const open = async () =>
      (await asking.alerts()).filter(({ state, incident }) => state !== 'resolved' && incident.task !== null);
    await until(async () => told.some((one) => one.startsWith('trigger job')));
    const [alert] = await until(async () => {
      const alerts = await open();
      return alerts.length === 1 && alerts;
    });
    await a.crash();
    await until(async () => (await b.tasker.subscribers()).every(({ status }) => status === 'following'));
    for (let order = 0; order < 10; order += 1) await b.tasker.run({ name: 'job', context: { order, fails: true } });
    assert.equal((await asking.acknowledgeAlert(alert?.incident.key ?? '', { by: 'eve' })).state, 'acknowledged');
    await asking.silenceAlerts({ match: { task: 'job' }, forMs: 60_000, by: 'eve' });
    await until(async () => (await open())[0]?.state === 'acknowledged');
    assert.deepEqual(
      (await open()).map(({ incident }) => incident.key),
      [alert?.incident.key],
    );
    assert.equal(told.filter((one) => one.startsWith('trigger job')).length, 1, told.join(', '));
  });

  it('run in a process whose first start failed after it had joined', { timeout: 60_000 }, async (t) => {
    const { seen, of } = follower();
    const { database } = await fleet(t, {});
    const tasker = await createTasker(
      {
        storage: { kind: 'postgres', url: database.url },
        tasks: [job],
        subscribers: [of('a')],
        alerts: { enabled: false },
        telemetry: { metrics: { enabled: false } },
      },
      {
        env: {},
        wrapStorage: firstSaveFails,
      },
    );
    try {
      await assert.rejects(tasker.start(), { code: 'TASKER_STORAGE_FULL' });
      await tasker.start();
      await (await tasker.run({ name: 'job', context: { order: 1 } })).wait();
      await until(async () => seen.length === 1);
    } finally {
      await tasker.stop({ graceMs: 0 });
    }
  });
});
