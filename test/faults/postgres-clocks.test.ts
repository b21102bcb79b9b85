import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { defineTask } from '../../src/index.ts';
import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import { type Clock, systemClock } from '../../src/shared/clock.ts';
import { checkLog, readAll } from '../support/check-log.ts';
import { needsPostgres, withDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { gate } from '../support/world.ts';
import { ends, order, work } from './checkouts.ts';

const minuteMs = 60_000;

/** Of a machine whose clock was set wrong. */
function clockOff(byMs: number): Clock {
  return { ...systemClock, now: () => Date.now() + byMs };
}

describe('Workers on PostgreSQL whose clocks are minutes apart', needsPostgres, () => {
  it("agree on the database's: retries, deadlines, leases and times on record are right", (t) =>
    withDatabase(async (database) => {
      const calls: number[] = [];
      const slow = gate<object>();
      const task = defineTask<{ readonly number: number }>({
        name: 'checkout',
        step_templates: [
          {
            name: 'pay',
            default_retryable: true,
            default_retry_limit: 2,
            handler_config: { retry_backoff: { kind: 'constant', base_seconds: 0.5, jitter: 0 } },
            handler: ({ attempt }) => {
              calls.push(performance.now());
              if (attempt === 1) throw new Error('for now');
              return {};
            },
          },
          {
            name: 'ship',
            depends_on_step: 'pay',
            handler_config: { monitoring: { sla_seconds: 1 } },
            handler: () => slow.promise,
          },
        ],
      });
      // What waits for its retry is put back for whoever comes first.
      const config = { limits: { releaseAfterMs: 100 } };
      const leaseMs = 5000;
      const early = await work(t, database.url, [task], {
        config,
        leaseMs,
        around: { clock: clockOff(-5 * minuteMs) },
      });
      const late = await work(t, database.url, [task], { config, leaseMs, around: { clock: clockOff(5 * minuteMs) } });
      const startedAt = Date.now();
      const handles = (await Promise.all([order(early.tasker, 2), order(late.tasker, 2, 3)])).flat();
      const breaches = `select from tasker.events where name = 'step.sla_breached'`;
      await until(async () => (await database.query(breaches)).length === 4);
      slow.open({});
      for (const { status } of await ends(handles)) assert.equal(status, 'complete');
      assert.equal(calls.length, 8, 'each was paid at the second attempt');
      await early.tasker.stop();
      await late.tasker.stop();

      const storage = await openPostgres({ url: database.url, readOnly: true, listenUrl: null });
      t.after(() => storage.close());
      const check = await checkLog(storage);
      assert.equal(check.byName.get('worker.lost'), undefined, 'neither took the other for lost');
      const events = await readAll(storage);
      for (const { name, occurredAt } of events)
        assert.ok(occurredAt >= startedAt - minuteMs && occurredAt <= Date.now() + minuteMs, `${name}: ${occurredAt}`);
      for (const { id } of handles) {
        const own = events.filter(({ taskId }) => taskId === id);
        const at = (name: string): number => own.find((event) => event.name === name)?.occurredAt ?? Number.NaN;
        const times = own.map(({ occurredAt }) => occurredAt);
        // Each worker has measured the database's time for itself, to a few milliseconds.
        for (const [index, time] of times.entries()) assert.ok(time >= (times[index - 1] ?? 0) - 50, 'time goes on');
        const retried = own.filter(({ name }) => name === 'step.execution_requested')[1]?.occurredAt ?? Number.NaN;
        assert.ok(retried - at('step.failed') >= 450, 'the second attempt came no sooner than it should');
        const begun = own.findLast(({ name }) => name === 'step.execution_requested')?.occurredAt ?? Number.NaN;
        assert.ok(at('step.sla_breached') - begun >= 950, 'the breach was told of no sooner than it was one');
        assert.ok(at('step.sla_breached') - begun < minuteMs);
      }
    }));
});
