import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import { isDeepStrictEqual } from 'node:util';

import { startServices } from '../../examples/monitored-checkout/services/start-services.ts';
import { createTasker } from '../../src/index.ts';
import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { startPagerDuty } from '../alerts/pagerduty.ts';
import { checkLog } from '../support/check-log.ts';
import { needsOwnPostgres, startServer } from '../support/postgres.ts';
import { scale } from '../support/scale.ts';
import { until } from '../support/until.ts';
import { checkEnds, countedBySql, countedIn, watchWrites, writesOfTheLost } from './fleet-audit.ts';
import { FleetLoad } from './fleet-load.ts';
import { Fleet } from './fleet.ts';

const isLong = scale > 1;
const leaseMs = isLong ? 2000 : 1500;
const workers = 4;
const seed = 41;

/** A database server, services and a pager of the test's own, and a fleet that works with them; all end with the test. */
async function shop(t: TestContext) {
  const ends: (() => unknown)[] = [];
  // What never comes is not looked for any more once the time is up: the process could not end otherwise.
  const seen = <T>(look: () => Promise<T | false | null>): Promise<T> =>
    until(async () => {
      t.signal.throwIfAborted();
      return look();
    });
  t.after(async () => {
    for (const end of ends.toReversed()) await end();
  });
  const server = await startServer({ durable: true, settings: ['max_connections=200'] });
  ends.push(() => server.stop());
  const database = await server.createDatabase();
  const services = await startServices({ seed, baseLatencyMs: 5 });
  ends.push(() => services.close());
  const pager = await startPagerDuty();
  ends.push(() => pager.close());
  const { url } = database;
  const client = await createTasker({ storage: { kind: 'postgres', url, leaseMs } }, { env: {}, onWarning: () => {} });
  ends.push(() => client.stop());
  await watchWrites(database);
  const fleet = new Fleet({ url, leaseMs, services: services.urls, pagerDutyUrl: pager.url });
  ends.push(() => fleet.end());
  fleet.start(workers);
  await seen(async () => fleet.atWork.length === workers);
  const load = new FleetLoad(client, seed, isLong ? 50 : 40);
  ends.push(() => load.end());
  return { server, database, services, pager, client, fleet, load, seen };
}

type Shop = Awaited<ReturnType<typeof shop>>;

/** The load and the fleet are as they were before the faults: so many more checkouts were taken. */
async function goOn({ load, seen }: Shop, more: number): Promise<void> {
  const target = load.taken + more;
  await seen(async () => load.taken >= target);
}

const faults = {
  async kill({ fleet }: Shop, among: number): Promise<void> {
    const worker = fleet.atWork[Math.floor(among * fleet.atWork.length)];
    if (worker !== undefined && fleet.atWork.length > 1) fleet.kill(worker);
  },
  async freeze({ fleet }: Shop, among: number): Promise<void> {
    const worker = fleet.atWork[Math.floor(among * fleet.atWork.length)];
    if (worker !== undefined && fleet.atWork.length > 1) await fleet.freeze(worker, 2 * leaseMs);
  },
  async restart({ server }: Shop): Promise<void> {
    await server.crash();
    await server.start();
  },
} satisfies Record<string, (shop: Shop, among: number) => Promise<void>>;

/** In the short form each once or twice; in the long one at random, until ten minutes have passed. */
function* plan(): Generator<keyof typeof faults> {
  if (!isLong) return yield* ['kill', 'freeze', 'restart', 'freeze', 'kill'] as const;
  const chance = seededRandom(seed);
  const endsAt = performance.now() + 60_000 * scale;
  while (performance.now() < endsAt) {
    const drawn = chance.fraction();
    yield drawn < 0.45 ? 'kill' : drawn < 0.85 ? 'freeze' : 'restart';
  }
}

async function trouble(all: Shop): Promise<void> {
  const chance = seededRandom(seed + 1);
  const thawing: Promise<void>[] = [];
  const declinesPaged = (): number => all.pager.paged.filter((key) => key.includes('/process_payment/')).length;
  let pagedBefore = 0;
  let faultsSoFar = 0;
  for (const fault of plan()) {
    await goOn(all, 10 + Math.floor(chance.fraction() * (isLong ? 60 : 15)));
    // Now and then the bank declines all cards, until somebody is paged.
    if (faultsSoFar % 40 === 0) {
      pagedBefore = declinesPaged();
      all.load.declining = true;
    }
    const under = faults[fault](all, chance.fraction());
    // What is frozen stays so while other faults happen.
    if (fault === 'freeze') thawing.push(under);
    else await under;
    faultsSoFar += 1;
    if (declinesPaged() > pagedBefore) all.load.declining = false;
  }
  await all.seen(async () => declinesPaged() > 0);
  all.load.declining = false;
  await Promise.all(thawing);
  await goOn(all, 10);
}

test(
  `${workers} workers killed and frozen at random while their server crashes, under load: every task ends right, every fact is in the log once, no payment is taken twice`,
  { ...needsOwnPostgres, timeout: isLong ? 850_000 : 100_000 },
  async (t) => {
    const all = await shop(t);
    const { database, services, pager, client, fleet, load, seen } = all;
    await trouble(all);
    await load.stop();
    const unfinished = `select from tasker.tasks where status in ('pending', 'in_progress') limit 1`;
    await seen(async () => (await database.query(unfinished)).length === 0 || setTimeout(50, false));
    await checkEnds(database, load.ordered);

    await seen(async () => (await client.subscribers()).every(({ lag }) => lag === 0) || setTimeout(50, false));
    const wanted = await countedBySql(database);
    const shown = await Promise.all(
      fleet.atWork.map(async ({ operationsUrl }) => countedIn(await (await fetch(`${operationsUrl}/metrics`)).text())),
    );
    assert.deepEqual(
      shown.filter((counted) => Object.keys(counted).length > 0),
      [wanted],
      'one worker shows the business metrics, and they are what SQL counts',
    );

    // What was told last may be on its way.
    const open = async () =>
      (await client.alerts()).flatMap(({ incident, resolvedAtMs }) => (resolvedAtMs === null ? [incident.key] : []));
    const openThere = () => [...pager.alerts].flatMap(([key, { status }]) => (status === 'resolved' ? [] : [key]));
    await seen(async () => isDeepStrictEqual(new Set(openThere()), new Set(await open())) || setTimeout(50, false));
    assert.equal(new Set(pager.paged).size, pager.paged.length, 'no incident was opened twice');
    assert.deepEqual(pager.refused, []);

    await fleet.stop();
    assert.deepEqual(fleet.failures, []);
    const { voided, writes } = await writesOfTheLost(database);
    assert.deepEqual(writes, [], 'who was taken for lost has written nothing more');
    const storage = await openPostgres({ url: database.url, readOnly: true, listenUrl: null });
    t.after(() => storage.close());
    const check = await checkLog(storage);
    assert.equal(check.tasks, load.ordered.length);
    assert.equal(check.byName.get('worker.lost'), voided, 'each lost worker is on record');
    assert.ok(voided >= 2, `only ${voided} workers were lost`);

    const { payments, inventory, orders, mail } = await services.stats();
    for (const service of [payments, inventory, orders, mail])
      assert.ok(service.effects.maxPerCart <= 1, `${service.name} did something twice for one cart`);
    assert.equal(orders.effects.total, check.byStatus.get('complete'), 'one order for each completed checkout');

    t.diagnostic(
      `${load.ordered.length} checkouts, ${voided} workers lost, ${check.events} events, ${pager.paged.length} incidents`,
    );
  },
);
