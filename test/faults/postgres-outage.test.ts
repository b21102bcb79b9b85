import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import type { Tasker } from '../../src/index.ts';
import { needsOwnPostgres, startServer } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { gate } from '../support/world.ts';
import { checkCheckouts, checkout, ends, order, work } from './checkouts.ts';

async function ownServer(t: TestContext) {
  const server = await startServer({ durable: true });
  t.after(() => server.stop());
  return { server, url: (await server.createDatabase()).url };
}

/** The answer of `/health/ready`: its status code. */
const ready = async (tasker: Tasker): Promise<number> =>
  (await fetch(`${tasker.status().operationsUrl}/health/ready`)).status;

const healthIs = (tasker: Tasker, status: number): Promise<true> =>
  until(async () => (await ready(tasker)) === status || null);

describe('A PostgreSQL server that goes down under load', needsOwnPostgres, () => {
  for (const [how, observers] of [
    ['crash', true],
    ['shutDown', false],
  ] as const) {
    it(`(${how}) and comes back loses nothing, is told of once, and makes the worker unready meanwhile`, async (t) => {
      const { server, url } = await ownServer(t);
      let called = 0;
      const bank = gate<object>();
      const pay = (number: number): unknown => {
        called += 1;
        return number > 20 ? bank.promise : {};
      };
      const config = { operations: { port: 0 }, observers };
      const { tasker, warnings } = await work(t, url, [checkout(pay)], { config, leaseMs: 2000 });
      await healthIs(tasker, 200);
      const first = await order(tasker, 20);
      const handles = first.concat(await order(tasker, 20, 21));
      await until(async () => called >= 30);
      await server[how]();
      await healthIs(tasker, 503);
      // Longer than its lease: it has let go of what it held, and has to join anew.
      await until(async () => tasker.status().tasksInMemory === 0);
      await assert.rejects(order(tasker, 1, 41), { code: 'TASKER_STORAGE_UNAVAILABLE', retryable: true });
      bank.open({});
      await server.start();
      await healthIs(tasker, 200);
      const late = await order(tasker, 1, 41);
      await ends([...handles, ...late]);
      assert.equal(warnings.length, 1, warnings.join('\n'));
      assert.match(warnings[0] ?? '', /cannot be used/);
      await tasker.stop();
      const check = await checkCheckouts(url, 41);
      assert.equal(check.byName.get('worker.started'), 1, 'there was nobody to miss it');
    });
  }
});
