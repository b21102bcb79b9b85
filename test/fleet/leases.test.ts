import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import pg from 'pg';

import { needsPostgres, type TestDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { fleet, leaseMs } from './fleet.ts';
import { jobs, request, started } from './jobs.ts';

describe("A worker's lease", needsPostgres, () => {
  it('is kept while another is voided, however long that waits', { timeout: 60_000 }, async (t) => {
    const { ran, of, letGo } = jobs();
    const { worker, database, events } = await fleet(t, {});
    const a = await worker({ config: { tasks: [of('a')] } });
    const handle = await a.tasker.run(request('1', { waits: true }));
    const { signal } = await started(ran, '1');
    const flush = await lostInItsFlush(database);
    const leaseUntil = async (): Promise<number> =>
      Number((await database.query(`select lease_until from tasker.workers where id <> 'lost'`))[0]?.['lease_until']);
    const before = await leaseUntil();
    await until(async () => signal.aborted || (await leaseUntil()) > before + 2 * leaseMs);
    assert.equal(signal.aborted, false, 'nobody has taken it for lost');
    assert.deepEqual(await events({ name: 'worker.lost' }), []);
    await flush.end();
    await until(async () => (await events({ name: 'worker.lost' })).length === 1);
    letGo('1');
    assert.equal((await handle.wait()).status, 'complete');
    assert.equal(ran.length, 1);
  });

  it(
    'ends by a stop that waits for no statement limit, while another cannot be voided',
    { timeout: 60_000 },
    async (t) => {
      const { worker, database, events } = await fleet(t, {});
      const a = await worker({ config: { tasks: [jobs().of('a')] } });
      const flush = await lostInItsFlush(database);
      await a.tasker.stop();
      // Of the statement's own limit, half a minute later, it would say that.
      assert.match(a.warnings.join('\n'), /others were writing the same rows\. It may be tried again/);
      assert.equal((await events({ name: 'worker.stopped' })).length, 1);
      await flush.end();
    },
  );
});

/** A worker that is lost, with its last flush not come to an end; another one waits for that by now. */
async function lostInItsFlush(database: TestDatabase): Promise<pg.Client> {
  // Locked before it is lost: it would be voided in between.
  await database.query(`insert into tasker.workers (id, pid, host, started_at, lease_until)
    values ('lost', 1, 'nowhere', 0, 4000000000000)`);
  const flush = new pg.Client({ connectionString: database.url });
  await flush.connect();
  await flush.query(`begin; select from tasker.workers where id = 'lost' for key share`);
  await database.query(`update tasker.workers set lease_until = 1 where id = 'lost'`);
  await until(
    async () =>
      (await database.query(`select from pg_locks where not granted and locktype in ('tuple', 'transactionid')`))
        .length > 0,
  );
  return flush;
}
