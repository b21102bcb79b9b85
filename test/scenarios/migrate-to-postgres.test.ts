import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';

import { createHandlers } from '../../examples/monitored-checkout/handlers/create-handlers.ts';
import { startServices } from '../../examples/monitored-checkout/services/start-services.ts';
import { checkoutContexts } from '../../examples/monitored-checkout/traffic.ts';
import type { Storage } from '../../src/execution/storage.ts';
import {
  createTasker,
  defineSink,
  defineSubscriber,
  type JsonObject,
  migrateStorage,
  systemClock,
  systemRandom,
  type Tasker,
  type TaskerConfigInput,
} from '../../src/index.ts';
import { type EachDraft, toNewEvent } from '../../src/log/append.ts';
import { emptyProject } from '../cli/support/project.ts';
import { freshDatabase, needsPostgres } from '../support/postgres.ts';
import { scrape } from '../support/scrape.ts';
import { until } from '../support/until.ts';

const template = join(import.meta.dirname, '../../examples/monitored-checkout/config/monitored_checkout_handler.yaml');

/** The example's shop over one store after another: its services, and receivers of alerts, stay. */
async function shop(t: TestContext) {
  const { dir } = await emptyProject(t);
  const database = await freshDatabase();
  const services = await startServices({ baseLatencyMs: 0 });
  const told: string[] = [];
  const pager = defineSink({
    name: 'pager',
    alerts: async (notices) => {
      for (const notice of notices)
        if (notice.kind !== 'summary') told.push(`${notice.kind} ${notice.incident.policy}`);
      return { kind: 'delivered' };
    },
  });
  const doing = { broken: true };
  const orders = defineSubscriber<{ readonly completed: number }>({
    name: 'orders',
    startFrom: 'beginning',
    retries: { limit: 0 },
    state: { initial: () => ({ completed: 0 }) },
    on: {
      'task.completed': (_event, context) => {
        context.state = { completed: context.state.completed + 1 };
      },
      'task.failed': () => {
        if (doing.broken) throw new Error('the help desk is closed');
      },
    },
  });
  const opened: Tasker[] = [];
  let storage: Storage | undefined;
  t.after(async () => {
    for (const tasker of opened) await tasker.stop({ graceMs: 0 });
    await services.close();
    await database.drop();
  });
  const open = async (where: NonNullable<TaskerConfigInput['storage']>): Promise<Tasker> => {
    const tasker = await createTasker(
      {
        storage: where,
        templates: [template],
        handlers: createHandlers(services.urls),
        subscribers: [orders],
        sinks: [pager],
        operations: { port: 0 },
      },
      { env: {}, onWarning: () => undefined, wrapStorage: (one) => (storage = one) },
    );
    opened.push(tasker);
    return tasker;
  };
  const record = async (fact: EachDraft): Promise<void> => {
    const events = [toNewEvent(fact, systemRandom)];
    await storage?.commitGroup([], [{ kind: 'note', subscriber: 'tasker.alerts', events }]);
  };
  return { file: join(dir, 'tasker.db'), database, services, told, doing, open, record };
}

/** All that anybody can be shown of a store. */
async function views(tasker: Tasker) {
  const { tasks } = await tasker.list({ limit: 1000 });
  const subscribers = await tasker.subscribers();
  return {
    tasks,
    histories: await Promise.all(tasks.map(({ id }) => tasker.history(id))),
    events: await tasker.events({ limit: 10_000 }),
    lastPosition: await tasker.lastPosition(),
    subscribers,
    states: await Promise.all(subscribers.map(async ({ name }) => [name, await tasker.subscriberState(name)])),
    parked: await tasker.parked(),
    alerts: await tasker.alerts(),
    silences: await tasker.silences(),
  };
}

/** Once every metric is of the log's end. */
async function counters(tasker: Tasker) {
  const sum = async (...having: readonly string[]): Promise<number> =>
    Object.values(await scrape(tasker, ...having)).reduce((total, value) => total + value, 0);
  return {
    started: await sum('tasker_tasks_started_total'),
    complete: await sum('tasker_tasks_total', 'status="completed"'),
    failed: await sum('tasker_tasks_total', 'status="failed"'),
    converted: await sum('tasker_business_conversions_total'),
  };
}

async function countersAre(tasker: Tasker, wanted: Awaited<ReturnType<typeof counters>>): Promise<void> {
  await until(async () => {
    const now = await counters(tasker).catch(() => null);
    return now !== null && JSON.stringify(now) === JSON.stringify(wanted);
  });
}

describe('A shop that moves from SQLite to PostgreSQL', needsPostgres, () => {
  it('shows the same before and after, and goes on: what waits runs, alerts resolve, metrics count on', async (t) => {
    const { file, database, services, told, doing, open, record } = await shop(t);
    const contexts = checkoutContexts(5, { invalidTotalFraction: 0, declinedFraction: 0 });
    const checkout = async (tasker: Tasker, changed: JsonObject = {}, startAt?: number) =>
      tasker.run({
        namespace: 'ecommerce',
        name: 'monitored_checkout',
        context: { ...(contexts.next().value as unknown as JsonObject), ...changed },
        ...(startAt !== undefined && { startAt }),
      });

    const first = await open({ kind: 'sqlite', file });
    await first.start();
    for (let each = 0; each < 6; each += 1) {
      const { status } = await (await checkout(first)).wait();
      assert.equal(status, 'complete');
    }
    const failed = await checkout(first, { order_value: 1 });
    assert.equal((await failed.wait()).status, 'error');
    await first.annotate(failed.id, { key: 'ticket', value: { number: 7 }, by: 'ada' });
    await services.setFault('mail', { errorRate: 1, at: 'before_effect', retryAfterSeconds: 3 });
    const retried = await checkout(first);
    await until(async () => {
      const { steps } = await first.get(retried.id);
      return steps.some(({ failure }) => failure !== null);
    });
    const later = await checkout(first, {}, systemClock.now() + 8_000);
    const failing = { sink: 'archive', signal: 'logs' as const, failures: 3, reason: 'answered 503' };
    await record({ name: 'sink.failing', occurredAt: systemClock.now(), payload: failing });
    await until(async () => told.includes('trigger sink_failing'));
    await until(async () => (await first.parked('orders')).total === 1);
    await first.silenceAlerts({ match: { policy: 'step_slow' }, forMs: 3_600_000, by: 'ada', why: 'known' });
    await countersAre(first, { started: 9, complete: 6, failed: 1, converted: 6 });
    await first.stop();

    const before = await views(await open({ kind: 'sqlite', file }));
    assert.ok(before.alerts.some(({ incident, state }) => incident.policy === 'sink_failing' && state === 'firing'));
    assert.equal(before.silences.length, 1);
    const { tables } = await migrateStorage({ from: file, to: database.url });
    assert.equal(tables.find(({ table }) => table === 'tasks')?.rows, 9);
    const second = await open(database.url);
    assert.deepEqual(await views(second), before);

    await services.setFault('mail', null);
    const toldBefore = told.filter((one) => one.startsWith('trigger')).length;
    await second.start();
    assert.equal((await second.wait(retried.id)).status, 'complete');
    assert.equal((await second.wait(later.id)).status, 'complete');
    const recovered = { sink: 'archive', signal: 'logs' as const, failures: 9, failedForMs: 60_000 };
    await record({ name: 'sink.recovered', occurredAt: systemClock.now(), payload: recovered });
    await until(async () => told.includes('resolve sink_failing'));
    assert.equal(told.filter((one) => one.startsWith('trigger')).length, toldBefore, 'nothing is told a second time');
    doing.broken = false;
    assert.equal((await second.retryParked('orders')).settled.length, 1);
    assert.equal((await (await checkout(second)).wait()).status, 'complete');
    await countersAre(second, { started: 10, complete: 9, failed: 1, converted: 9 });
    await until(async () => {
      const state = (await second.subscriberState('orders')) as { readonly completed: number } | null;
      return state?.completed === 9;
    });
    const { events } = await second.events({ limit: 10_000 });
    assert.deepEqual(events.slice(0, before.events.events.length), before.events.events);
    assert.deepEqual(
      events.map(({ position }) => position),
      events.map((_, index) => index + 1),
    );
  });
});
