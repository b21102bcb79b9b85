import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { needsPostgres } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { fleet, type Member } from './fleet.ts';
import { jobs, request, started } from './jobs.ts';

describe('Workers on one database', needsPostgres, () => {
  it('share what is due', { timeout: 60_000 }, async (t) => {
    const { ran, of, letGo } = jobs();
    const { worker, client } = await fleet(t, {});
    const asking = await client({ config: { tasks: [of('client')] } });
    const limits = { tasksInMemory: 2 };
    for (const name of ['a', 'b']) await worker({ config: { tasks: [of(name)], limits } });
    const orders = ['1', '2', '3', '4'];
    for (const order of orders) await asking.run(request(order, { waits: true }));
    await until(async () => ran.length === 4);
    assert.deepEqual(ran.map(({ by }) => by).toSorted(), ['a', 'a', 'b', 'b']);
    orders.forEach(letGo);
    const done = await until(async () => {
      const { tasks } = await asking.list({ status: 'complete' });
      return tasks.length === 4 && tasks;
    });
    assert.equal(done.length, 4);
    assert.equal(ran.length, 4, 'each ran once');
  });

  for (const listen of [true, false]) {
    it(
      `are asked by one that runs nothing, ${listen ? 'and told of it' : 'by polling alone'}`,
      { timeout: 60_000 },
      async (t) => {
        const { ran, of, letGo } = jobs();
        const { worker, client } = await fleet(t, {});
        const a = await worker({ listen, config: { tasks: [of('a')] } });
        const b = await worker({ listen, config: { tasks: [of('b')] } });
        const asking = await client({ listen, config: { tasks: [of('client')] } });
        const waits = await asking.run(request('waits', { waits: true }));
        const { id } = waits;
        const { by } = await started(ran, 'waits');
        // Through the worker that does not have it, too.
        const other = by === 'a' ? b : a;
        assert.equal((await other.tasker.annotate(id, { key: 'seen', value: true })).id, id);
        assert.equal((await asking.cancel(id, { by: 'eve' })).status, 'cancelled');
        assert.equal((await waits.wait()).status, 'cancelled');
        const failing = await asking.run(request('fails', { fails: true }));
        assert.equal((await failing.wait()).status, 'error');
        letGo('fails');
        await asking.retry(failing.id);
        assert.equal((await failing.wait()).status, 'complete');
        const broken = await asking.run(request('broken', { fails: true }));
        assert.equal((await other.tasker.wait(broken.id)).status, 'error');
        assert.equal((await other.tasker.resolve(broken.id, { by: 'eve' })).status, 'resolved_manually');
        assert.ok(!ran.some((one) => one.by === 'client'));
      },
    );
  }

  it('go on with the tasks of one that is gone, which is recorded once', { timeout: 60_000 }, async (t) => {
    const { ran, of, letGo } = jobs();
    const { worker, events } = await fleet(t, {});
    const a = await worker({ config: { tasks: [of('a')] } });
    const ids = await Promise.all(
      ['1', '2'].map(async (order) => (await a.tasker.run(request(order, { waits: true }))).id),
    );
    await until(async () => ran.length === 2);
    const others: Member[] = [];
    for (const name of ['b', 'c']) others.push(await worker({ config: { tasks: [of(name)] } }));
    await a.crash();
    await until(async () => ran.length === 4);
    ['1', '2'].forEach(letGo);
    for (const id of ids) assert.equal((await others[0]?.tasker.wait(id))?.status, 'complete');
    assert.ok(ran.slice(2).every(({ by }) => by !== 'a'));
    const lost = await events({ name: 'worker.lost' });
    assert.deepEqual(
      lost.map(({ payload }) => payload),
      [{ ...lost[0]?.payload, worker: await a.workerId(), tasksHeld: 2 }],
    );
    for (const id of ids)
      assert.deepEqual(
        (await events({ taskId: id }))
          .filter(({ name }) => name === 'step.failed' || name === 'step.completed')
          .map(({ name }) => name),
        ['step.failed', 'step.completed'],
      );
  });

  it('taken for lost stop what they do, record none of it, join anew and go on', { timeout: 60_000 }, async (t) => {
    const { ran, of, letGo } = jobs();
    const { worker, events, database } = await fleet(t, {});
    const a = await worker({ config: { tasks: [of('a')] } });
    const { id } = await a.tasker.run(request('1', { waits: true }));
    const first = await started(ran, '1');
    const b = await worker({ config: { tasks: [of('b')] } });
    const workerId = await a.workerId();
    // As if it had been silent; whether b or itself is the first to notice.
    await database.query(`update tasker.workers set lease_until = 0 where id = $1`, [workerId]);
    await until(async () => first.signal.aborted);
    await until(async () => ran.length === 2);
    letGo('1');
    assert.equal((await b.tasker.wait(id)).status, 'complete');
    const told = async (name: string): Promise<number> =>
      (await events({ name })).filter(({ payload }) => (payload as { worker?: string }).worker === workerId).length;
    // Where it has noticed first, nobody has missed it.
    await until(async () => (await told('worker.started')) === 1 + (await told('worker.lost')));
    await b.tasker.stop();
    assert.equal((await (await a.tasker.run(request('2'))).wait()).status, 'complete');
    const outcomes = (await events({ taskId: id })).filter(({ name }) => /^step\.(completed|failed)$/.test(name));
    assert.ok(outcomes.filter(({ name }) => name === 'step.completed').length === 1);
  });

  it(
    'makes due what it let go when its own time has passed, though nobody has noticed',
    { timeout: 60_000 },
    async (t) => {
      const { ran, of, letGo } = jobs();
      const { worker, events } = await fleet(t, {});
      let cutOff = false;
      const a = await worker({
        config: { tasks: [of('a')] },
        wrapStorage: (storage) => ({
          ...storage,
          workers: {
            leaseMs: storage.workers.leaseMs,
            join: (...given) => storage.workers.join(...given),
            renew: (...given) => (cutOff ? Promise.reject(new Error('unreachable')) : storage.workers.renew(...given)),
            voidLost: (...given) => storage.workers.voidLost(...given),
            note: (...given) => storage.workers.note(...given),
            leave: (...given) => storage.workers.leave(...given),
            isEngineRunning: () => storage.workers.isEngineRunning(),
          },
        }),
      });
      const handle = await a.tasker.run(request('1', { waits: true }));
      const first = await started(ran, '1');
      cutOff = true;
      await until(async () => first.signal.aborted);
      letGo('1');
      cutOff = false;
      assert.equal((await handle.wait()).status, 'complete');
      assert.equal(ran.length, 2);
      assert.equal((await events({ name: 'worker.started' })).length, 1, 'nobody has missed it');
    },
  );

  it('hands back at once what it created while it was taken for lost', { timeout: 60_000 }, async (t) => {
    const { of } = jobs();
    const { worker, database, events } = await fleet(t, {});
    let hold: Promise<void> | null = null;
    const a = await worker({
      config: { tasks: [of('a')] },
      wrapStorage: (storage) => ({
        ...storage,
        tasks: {
          load: (id) => storage.tasks.load(id),
          commit: async (changes) => {
            await hold;
            return storage.tasks.commit(changes);
          },
        },
      }),
    });
    const gate = Promise.withResolvers<void>();
    hold = gate.promise;
    const running = a.tasker.run(request('1'));
    await database.query('delete from tasker.workers');
    await until(async () => (await events({ name: 'worker.started' })).length === 2);
    hold = null;
    gate.resolve();
    const handle = await running;
    assert.equal((await handle.wait()).status, 'complete');
  });

  it('of two releases leave each what it can run, and nothing waits long for that', { timeout: 60_000 }, async (t) => {
    const { ran, of } = jobs();
    const { worker, client } = await fleet(t, {});
    await worker({ config: { tasks: [of('old')] } });
    await worker({ config: { tasks: [of('new', '2.0.0')] } });
    const asking = await client();
    const wanted = Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? '1.0.0' : '2.0.0'));
    const handles = await Promise.all(wanted.map((version, index) => asking.run({ ...request(`${index}`), version })));
    const ended = await Promise.all(handles.map((handle) => handle.wait()));
    assert.ok(ended.every(({ status }) => status === 'complete'));
    for (const { by, order } of ran) assert.equal(by, wanted[Number(order)] === '1.0.0' ? 'old' : 'new');
    await assert.rejects(asking.run({ ...request('x'), version: '3.0.0' }), { code: 'TASKER_TEMPLATE_NOT_FOUND' });
  });

  it('one for its own tasks alone leaves those of others to them', { timeout: 60_000 }, async (t) => {
    const { ran, of, letGo } = jobs();
    const { worker, client } = await fleet(t, {});
    const own = await worker({ config: { tasks: [of('own')] }, advance: 'own' });
    await worker({ config: { tasks: [of('all')] } });
    const asking = await client();
    for (let count = 0; count < 5; count += 1) await asking.run(request(`${count}`));
    const held = await asking.run({ ...request('held', { waits: true }), idempotencyKey: 'k' });
    await started(ran, 'held');
    const same = await own.tasker.run({ ...request('held', { waits: true }), idempotencyKey: 'k' });
    assert.deepEqual([same.id, same.existing], [held.id, true]);
    letGo('held');
    assert.equal((await same.wait()).status, 'complete');
    assert.ok(ran.every(({ by }) => by === 'all'));
  });

  it('remove what is old in one process', { timeout: 60_000 }, async (t) => {
    const { of } = jobs();
    const { worker, database } = await fleet(t, { retention: { days: 1 } });
    const holder = async (): Promise<unknown> =>
      (await database.query(`select worker_id from tasker.subscriber_leases where name = 'tasker.retention'`))[0]?.[
        'worker_id'
      ];
    const earlier = await worker({ config: { tasks: [of('earlier')], retention: false } });
    const old = await earlier.tasker.run(request('1'));
    await old.wait();
    await earlier.tasker.stop();
    // Its id tells when it was created, too.
    const oldId = '01000000-0000-7000-8000-000000000000';
    await database.query(`update tasker.tasks set id = '${oldId}', ended_at = 1, first_ended_at = 1, created_at = 1`);
    await database.query(`update tasker.steps set task_id = '${oldId}'`);
    await database.query(`update tasker.events set occurred_at = 1, task_id = '${oldId}' where task_id is not null`);
    const a = await worker({ config: { tasks: [of('a')] } });
    const b = await worker({ config: { tasks: [of('b')] } });
    await until(async () => (await database.query('select id from tasker.tasks where id = $1', [oldId])).length === 0);
    const first = await holder();
    assert.ok(first === (await a.workerId()) || first === (await b.workerId()));
    await (first === (await a.workerId()) ? a : b).tasker.stop();
    assert.equal(await holder(), undefined);
  });
});
