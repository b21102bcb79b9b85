import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFile, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';

import { createTasker } from '../../src/index.ts';
import { needsOwnPostgres, needsPostgres, startServer, type TestDatabase, withDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { checkCheckouts, checkout, order, work } from './checkouts.ts';
import { type StartedWorker, startWorker } from './start-worker.ts';

const leaseMs = 1500;

const factsOf = (database: TestDatabase, name: string, pid: number): Promise<readonly unknown[]> =>
  database.query(`select from tasker.events where name = $1 and body_json::json -> 'payload' ->> 'pid' = $2`, [
    name,
    String(pid),
  ]);

/**
 * A worker has called the handler of a payment when it goes away; another one takes its checkout over and ends it.
 * Then the first comes back, and only then is its own payment made.
 */
async function overtake(
  t: TestContext,
  database: TestDatabase,
  absent: StartedWorker,
  goAway: () => Promise<() => Promise<void>>,
): Promise<void> {
  const { url } = database;
  const client = await createTasker({ storage: { kind: 'postgres', url }, tasks: [checkout()] }, { env: {} });
  t.after(() => client.stop());
  // Nobody else is there to take it.
  const [handle] = await order(client, 1);
  await absent.said('called');
  const comeBack = await goAway();
  const payments: number[] = [];
  const other = await work(t, url, [checkout((number) => ({ paid: payments.push(number) }))], { leaseMs });
  assert.equal((await handle?.wait())?.status, 'complete');
  assert.deepEqual(payments, [1]);
  assert.equal((await factsOf(database, 'worker.lost', absent.pid)).length, 1);
  const before = await client.lastPosition();
  await comeBack();
  await absent.said('aborted');
  await until(async () => (await factsOf(database, 'worker.started', absent.pid)).length === 2);
  absent.pay();
  await absent.said('paid');
  // It is at work again, and not a word of what it did before: all that has been added is that it joined.
  await other.tasker.stop();
  const [again] = await order(client, 1, 2);
  assert.equal((await again?.wait())?.status, 'complete');
  const { events } = await client.events({ after: before });
  assert.deepEqual(
    events.filter(({ taskId }) => taskId !== again?.id).map(({ name }) => name),
    ['worker.started', 'worker.stopped'],
  );
  await checkCheckouts(url, 2);
}

describe('A worker on PostgreSQL that is frozen for longer than its lease', needsPostgres, () => {
  it('records nothing of what others have taken over, joins anew and goes on', (t) =>
    withDatabase(async (database) => {
      const worker = await startWorker(t, { url: database.url, leaseMs });
      await overtake(t, database, worker, async () => {
        const thaw = await worker.freeze();
        return async () => thaw();
      });
    }));
});

const ip = (...args: readonly string[]): void => void execFileSync('ip', [...args], { stdio: 'ignore' });

/** A network of two, this machine and one more, with a cable that can be cut; null where none can be made. */
function cable(t: TestContext) {
  const id = process.pid;
  const [space, here, there] = [`tasker${id}`, `tsh${id}`, `tst${id}`];
  const [hereAddress, thereAddress] = ['10.213.77.1', '10.213.77.2'];
  try {
    ip('netns', 'add', space);
  } catch {
    return null;
  }
  t.after(() => {
    ip('netns', 'del', space);
  });
  try {
    ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there);
    ip('link', 'set', there, 'netns', space);
    ip('addr', 'add', `${hereAddress}/30`, 'dev', here);
    ip('link', 'set', here, 'up');
    ip('-n', space, 'addr', 'add', `${thereAddress}/30`, 'dev', there);
    ip('-n', space, 'link', 'set', there, 'up');
  } catch {
    return null;
  }
  return {
    hereAddress,
    network: '10.213.77.0/30',
    through: ['ip', 'netns', 'exec', space],
    cut: () => ip('link', 'set', here, 'down'),
    mend: () => ip('link', 'set', here, 'up'),
  };
}

describe('A worker whose network to PostgreSQL is cut', needsOwnPostgres, () => {
  it('lets go within its lease though nothing answers it, and others go on; mended, it joins anew', async (t) => {
    const ends: (() => unknown)[] = [];
    t.after(async () => {
      for (const end of ends.toReversed()) await end();
    });
    const wire = cable(t);
    if (wire === null) return t.skip('this user may not make network namespaces');
    const directory = await mkdtemp(join(tmpdir(), 'tasker-cut-off-'));
    const server = await startServer({ directory, settings: [`listen_addresses=127.0.0.1,${wire.hereAddress}`] });
    ends.push(() => server.stop());
    await appendFile(join(directory, 'data', 'pg_hba.conf'), `\nhost all all ${wire.network} scram-sha-256\n`);
    const database = await server.createDatabase();
    await database.query('select pg_reload_conf()');
    const url = new URL(database.url);
    url.hostname = wire.hereAddress;
    // Longer than it keeps its lease, and shorter than TCP waits by then before it tries again.
    url.searchParams.set('query_timeout', '3000');
    const worker = await startWorker(t, { url: url.href, leaseMs }, wire.through);
    await overtake(t, database, worker, async () => {
      wire.cut();
      await worker.said('aborted');
      return async () => wire.mend();
    });
  });
});
