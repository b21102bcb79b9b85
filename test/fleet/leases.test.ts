import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import pg from 'pg';

import { needsPostgres } from '../support/postgres.ts';
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
    await database.query(`insert into tasker.workers (id, pid, host, started_at, lease_until)
      values ('lost', 1, 'nowhere', 0, 9e15)`);
    // As its last flush would, that has not come to an end. Before it is late: others look all the time.
    const flush = new pg.Client({ connectionString: database.url });
    await flush.connect();
    await flush.query(`begin; select from tasker.workers where id = 'lost' for key share`);
    await database.query(`update tasker.workers set lease_until = 1 where id = 'lost'`);
    const leaseUntil = async (): Promise<number> =>
      Number((await database.query(`select lease_until from tasker.workers where id <> 'lost'`))[0]?.['lease_until']);
    await until(
      async () =>
        (await database.query(`select from pg_locks where not granted and locktype in ('tuple', 'transactionid')`))
          .length > 0,
    );
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
});
