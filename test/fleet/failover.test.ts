import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { defineSubscriber, defineTask, TaskerError } from '../../src/index.ts';
import { needsPostgres } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { fleet } from './fleet.ts';
import { pagers } from './pagers.ts';

/** Asked while nobody may be there to do it: it is stored then, and done by who takes over. */
async function storedAtLeast(asked: Promise<unknown>): Promise<void> {
  await asked.catch((error: unknown) => {
    if (!(error instanceof TaskerError) || error.code !== 'TASKER_COMMAND_NOT_APPLIED') throw error;
  });
}

const failing = (name: string) =>
  defineTask({
    name,
    step_templates: [
      {
        name: 'work',
        default_retryable: false,
        handler: () => {
          throw new Error('no');
        },
      },
    ],
  });

describe('What is asked while a subscriber goes from one process to another', needsPostgres, () => {
  it('about alerts: acknowledged once, silenced until it is lifted', { timeout: 120_000 }, async (t) => {
    const { told, pager } = pagers();
    const tasks = [failing('first'), failing('second')];
    const { worker, client, events } = await fleet(t, { tasks, alerts: {} });
    const a = await worker({ config: { sinks: [pager('a')] } });
    const b = await worker({ config: { sinks: [pager('b')] } });
    const asking = await client();
    const incidentOf = async (task: string) =>
      (await asking.alerts()).find(({ state, incident }) => state !== 'resolved' && incident.task === task) ?? null;
    for (let n = 0; n < 20; n += 1) await b.tasker.run({ name: 'first', context: {} });
    const first = await until(() => incidentOf('first'));
    await until(async () => told.includes('trigger first by a'));
    const early = await asking.silenceAlerts({ match: { task: 'second' }, forMs: 600_000, by: 'eve' });

    await a.crash();
    await storedAtLeast(asking.acknowledgeAlert(first.incident.key, { by: 'eve' }));
    await storedAtLeast(asking.silenceAlerts({ match: { task: 'third' }, forMs: 600_000, by: 'adam' }));
    await until(async () => (await incidentOf('first'))?.state === 'acknowledged');
    await until(async () => told.includes('acknowledge first by b'));
    await until(async () => (await asking.silences()).length === 2);
    assert.ok((await asking.silences()).some(({ id }) => id === early.id));

    for (let n = 0; n < 20; n += 1) await b.tasker.run({ name: 'second', context: {} });
    await until(() => incidentOf('second'));
    // What comes after it has been told of: by then this one would have been, too.
    await b.tasker.acknowledgeAlert(first.incident.key, { by: 'adam' }).catch(() => undefined);
    assert.deepEqual(
      told.filter((one) => one.includes('second')),
      [],
    );
    await b.tasker.liftSilence(early.id, { by: 'eve' });
    await until(async () => told.includes('trigger second by b'));
    assert.equal(told.filter((one) => one.startsWith('trigger first')).length, 1, told.join(', '));
    assert.equal(told.filter((one) => one.startsWith('acknowledge first by b')).length, 1, told.join(', '));
    assert.equal((await events({ name: 'alert.acknowledged' })).length, 1);
  });

  it('a replay is begun anew by who takes over, and counts exactly', { timeout: 90_000 }, async (t) => {
    const job = defineTask({ name: 'job', step_templates: [{ name: 'work', handler: () => ({}) }] });
    const handled: string[] = [];
    let hold: Promise<void> | null = null;
    const counter = (by: string) =>
      defineSubscriber<{ count: number }>({
        name: 'sales',
        state: { initial: () => ({ count: 0 }) },
        on: {
          'task.completed': async (_event, context) => {
            handled.push(by);
            if (by === 'a') await hold;
            context.state = { count: context.state.count + 1 };
          },
        },
      });
    const { worker, client, database } = await fleet(t, { tasks: [job] });
    const a = await worker({ config: { subscribers: [counter('a')] } });
    const b = await worker({ config: { subscribers: [counter('b')] } });
    const asking = await client();
    const count = async () => ((await asking.subscriberState('sales')) as { count?: number } | null)?.count;
    for (let n = 0; n < 5; n += 1) await (await asking.run({ name: 'job', context: {} })).wait();
    await until(async () => (await count()) === 5);
    const gate = Promise.withResolvers<void>();
    t.after(() => gate.resolve());
    hold = gate.promise;
    handled.length = 0;
    const replay = storedAtLeast(asking.replay('sales', { from: 'beginning' }));
    await until(async () => handled.length > 0);
    await a.crash();
    await (await b.tasker.run({ name: 'job', context: {} })).wait();
    await replay;
    await until(async () => (await database.query('select from tasker.subscribers where generation = 2')).length === 1);
    assert.equal(await count(), 6);
    gate.resolve();
    await (await b.tasker.run({ name: 'job', context: {} })).wait();
    await until(async () => (await count()) === 7);
    const [status] = (await b.tasker.subscribers()).filter(({ name }) => name === 'sales');
    assert.deepEqual([status?.status, status?.parked], ['following', 0]);
    assert.equal(await count(), 7, 'what the one that is gone had still to say counts nothing');
  });
});
