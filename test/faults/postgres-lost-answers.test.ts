import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';

import { needsPostgres, withDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { checkCheckouts, checkout, ends, order, work } from './checkouts.ts';

/** A way to the database that carries a flush there and cuts the connection when the answer comes back. */
async function deafWay(t: TestContext, database: string) {
  const { hostname, port } = new URL(database);
  const next = { loseAnswer: false, staysCut: false };
  let cut = false;
  let lost = 0;
  const server = createServer((near: Socket) => {
    if (cut) return void near.destroy();
    const far = connect(Number(port), hostname);
    let writes = false;
    let deaf = false;
    const end = (): void => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.on('error', end).on('close', end);
    near.on('data', (data) => {
      writes ||= data.includes('commit_group_v1');
      if (writes && next.loseAnswer) {
        next.loseAnswer = false;
        deaf = true;
      }
      far.write(data);
    });
    far.on('data', (data) => {
      if (!deaf) return void near.write(data);
      lost += 1;
      cut = next.staysCut;
      end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const url = new URL(database);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  const mend = (): void => {
    cut = false;
  };
  return { url: url.href, next, lost: () => lost, mend };
}

describe('A flush on PostgreSQL whose answer is lost', needsPostgres, () => {
  it('has created its task, and is known to have', (t) =>
    withDatabase(async (database) => {
      const way = await deafWay(t, database.url);
      const { tasker } = await work(t, way.url, [checkout()]);
      await ends(await order(tasker, 1));
      way.next.loseAnswer = true;
      await ends(await order(tasker, 1, 2));
      assert.equal(way.lost(), 1);
      await tasker.stop();
      await checkCheckouts(database.url, 2);
    }));

  it('has recorded its facts, which are not recorded again', (t) =>
    withDatabase(async (database) => {
      const way = await deafWay(t, database.url);
      let calls = 0;
      const pay = (number: number): object => {
        calls += 1;
        way.next.loseAnswer = number === 2;
        return {};
      };
      const { tasker, warnings } = await work(t, way.url, [checkout(pay)]);
      await ends(await order(tasker, 2));
      assert.equal(way.lost(), 1);
      assert.equal(calls, 2);
      assert.deepEqual(warnings, []);
      await tasker.stop();
      const { byName } = await checkCheckouts(database.url, 2);
      assert.equal(byName.get('step.completed'), 4);
    }));

  for (const at of ['creation', 'step'] as const) {
    it(`and cannot be asked for (of a ${at}), is found when the database is back`, (t) =>
      withDatabase(async (database) => {
        const way = await deafWay(t, database.url);
        const lose = (): void => void Object.assign(way.next, { loseAnswer: true, staysCut: true });
        const pay = (number: number): object => {
          if (at === 'step' && number === 2 && way.lost() === 0) lose();
          return {};
        };
        const { tasker } = await work(t, way.url, [checkout(pay)], { leaseMs: 5000 });
        await ends(await order(tasker, 1));
        if (at === 'creation') lose();
        const ordered = order(tasker, 1, 2).catch(() => null);
        await until(async () => tasker.status().lastStorageError !== null);
        assert.equal(way.lost(), 1);
        way.mend();
        await ends((await ordered) ?? (await order(tasker, 1, 2)));
        await tasker.stop();
        const { byName } = await checkCheckouts(database.url, 2);
        assert.equal(byName.get('step.completed'), 4);
      }));
  }
});
