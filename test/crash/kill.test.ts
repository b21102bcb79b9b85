import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { startServices } from '../../examples/monitored-checkout/services/start-services.ts';
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts';
import { checkLog, type LogCheck } from '../support/check-log.ts';
import { scale } from '../support/scale.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { crashPoints } from './crash-points.ts';
import { runEngine } from './run-engine.ts';

/** Real services that outlive the engine, and a place for its database. */
async function shop(t: TestContext, seed: number) {
  const services = await startServices({ seed, baseLatencyMs: 0 });
  const folder = await mkdtemp(join(tmpdir(), 'tasker-crash-'));
  t.after(async () => {
    await services.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { services, file: join(folder, 'tasker.db') };
}

async function verify(
  file: string,
  services: Awaited<ReturnType<typeof startServices>>,
  checkouts: number,
): Promise<LogCheck> {
  const storage = await openSqlite({ file, maxBytes: null });
  try {
    const check = await checkLog(storage);
    assert.equal(check.tasks, checkouts, 'every checkout is one task');
    const ended = (check.byStatus.get('complete') ?? 0) + (check.byStatus.get('error') ?? 0);
    assert.equal(ended, checkouts, `every task has ended: ${JSON.stringify([...check.byStatus])}`);
    const { payments, inventory, orders, mail } = await services.stats();
    for (const service of [payments, inventory, orders, mail]) {
      assert.ok(service.effects.maxPerCart <= 1, `${service.name} did something twice for one cart`);
    }
    assert.equal(orders.effects.total, check.byStatus.get('complete') ?? 0, 'one order for each completed checkout');
    return check;
  } finally {
    await storage.close();
  }
}

// Each takes about ten seconds of both cores.
const atLength = scale > 1 ? {} : { skip: 'npm run test:long kills at each named point' };

for (const point of crashPoints) {
  test(
    `killed at ${point}: every task ends right, every fact is in the log once, no payment is taken twice`,
    atLength,
    async (t) => {
      const checkouts = 6;
      const { services, file } = await shop(t, 11);
      const options = { file, urls: services.urls, checkouts, seed: 11 };
      // Recovery has crash points of its own: a first engine that dies under way leaves something to recover.
      if (point === 'queue.after_take' || point === 'tasks.after_load') {
        const first = await runEngine({ ...options, crashAt: { point: 'handler.after_effect', nth: 3 } });
        assert.ok(first.killed, first.stderr);
      }
      const nth =
        {
          'recorder.before_commit': 3,
          'recorder.after_commit': 3,
          'handler.before_effect': 8,
          'handler.after_effect': 8,
        }[point as string] ?? 1;
      const crashed = await runEngine({ ...options, crashAt: { point, nth } });
      assert.ok(crashed.killed, `the engine was not killed: ${crashed.stderr}`);
      const last = await runEngine(options);
      assert.equal(last.killed, false, last.stderr);
      assert.equal(last.statuses?.length, checkouts, last.stderr);
      const check = await verify(file, services, checkouts);
      assert.ok((check.byName.get('worker.lost') ?? 0) >= 1, 'the lost worker is on record');
    },
  );
}

// The short form has no time for more: the long one kills two hundred times.
const rounds = scale > 1 ? 20 * scale : 4;

test(`killed ${rounds} times at random under load: every task ends right, every fact is in the log once, no payment is taken twice`, async (t) => {
  const checkouts = 7.5 * rounds;
  const { services, file } = await shop(t, 23);
  // Errors on either side of the effect: the second try of a payment that was taken must find the first.
  await services.setFault('payments', { errorRate: 0.05 });
  const chance = seededRandom(5);
  let kills = 0;
  for (let round = 0; round < rounds; round += 1) {
    const result = await runEngine(
      { file, urls: services.urls, checkouts, seed: 23 },
      1 + Math.floor(chance.fraction() * 12),
    );
    if (result.killed) kills += 1;
    else assert.ok(result.statuses !== null, result.stderr);
  }
  assert.ok(kills >= Math.floor(0.9 * rounds), `only ${kills} engines were killed under way`);
  await services.setFault('payments', null);
  const last = await runEngine({ file, urls: services.urls, checkouts, seed: 23 });
  assert.equal(last.statuses?.length, checkouts, last.stderr);
  const check = await verify(file, services, checkouts);
  assert.ok((check.byName.get('step.retry_requested') ?? 0) > 0, 'something was recovered');
});
