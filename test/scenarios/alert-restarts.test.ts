import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type AlertNotice, defineSink, type Delivery } from '../../src/index.ts';
import { createTasker } from '../../src/create-tasker.ts';
import type { Storage } from '../../src/execution/storage.ts';
import { type EachDraft, toNewEvent } from '../../src/log/append.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { emptyProject } from '../cli/support/project.ts';
import { until } from '../support/until.ts';

/** Engines that follow one another on one file, and one receiver. */
async function engines(t: Parameters<typeof emptyProject>[0]) {
  const { dir } = await emptyProject(t);
  const clock = new FakeClock();
  const told: string[] = [];
  let answer: (notice: AlertNotice) => Delivery | Promise<Delivery> = () => ({ kind: 'delivered' });
  let seed = 0;
  const start = async () => {
    let storage: Storage | undefined;
    const tasker = await createTasker(
      {
        storage: { kind: 'sqlite', file: `${dir}/tasker.db` },
        sinks: [
          defineSink({
            name: 'pager',
            alerts: async ([notice]) => {
              if (notice !== undefined && notice.kind !== 'summary')
                told.push(`${notice.kind} ${notice.incident.policy}`);
              return notice === undefined ? { kind: 'delivered' } : answer(notice);
            },
          }),
        ],
      },
      {
        clock,
        random: seededRandom((seed += 1)),
        env: {},
        onWarning: () => undefined,
        wrapStorage: (one) => (storage = one),
      },
    );
    await tasker.start();
    const record = async (fact: EachDraft): Promise<void> => {
      const events = [toNewEvent(fact, seededRandom((seed += 1)))];
      await storage?.commitGroup([], [{ kind: 'note', subscriber: 'tasker.alerts', events }]);
    };
    let over = false;
    const stop = async (): Promise<void> => {
      if (over) return;
      over = true;
      let stopped = false;
      const stopping = tasker
        .stop({ graceMs: 0 })
        .catch(() => undefined)
        .finally(() => (stopped = true));
      await until(async () => {
        await clock.advance(20);
        return stopped;
      });
      await stopping;
    };
    t.after(stop);
    /** It is cut off from its store, and let go of when the test is over. */
    const crash = async (): Promise<void> => storage?.close();
    return { record, stop, crash };
  };
  /** The file is read in a thread of its own: time passes here until what is waited for has happened there. */
  const comes = (what: string): Promise<true> =>
    until(async () => {
      await clock.advance(20);
      return told.includes(what);
    });
  return { clock, told, comes, start, answerWith: (next: typeof answer) => void (answer = next) };
}

const failing = (clock: FakeClock): EachDraft => ({
  name: 'sink.failing',
  occurredAt: clock.now(),
  payload: { sink: 'archive', signal: 'logs', failures: 3, reason: 'answered 503' },
});
const recovered = (clock: FakeClock): EachDraft => ({
  name: 'sink.recovered',
  occurredAt: clock.now(),
  payload: { sink: 'archive', signal: 'logs', failures: 9, failedForMs: 60_000 },
});

test('a restart neither repeats what was told nor forgets what is to be told', async (t) => {
  const { clock, told, comes, start } = await engines(t);
  const first = await start();
  await first.record(failing(clock));
  await comes('trigger sink_failing');
  await first.stop();
  const second = await start();
  await second.record(recovered(clock));
  await comes('resolve sink_failing');
  assert.deepEqual(told, ['trigger sink_failing', 'resolve sink_failing']);
});

test('one that was told while the process died is told again by the next, and its end as well', async (t) => {
  const { clock, told, comes, start, answerWith } = await engines(t);
  const first = await start();
  answerWith(() => new Promise<Delivery>(() => undefined));
  await first.record(failing(clock));
  await comes('trigger sink_failing');
  await first.crash();
  answerWith(() => ({ kind: 'delivered' }));
  told.length = 0;
  const second = await start();
  await comes('trigger sink_failing');
  await second.record(recovered(clock));
  await comes('resolve sink_failing');
  assert.deepEqual(
    told.filter((one) => one.endsWith('sink_failing')),
    ['trigger sink_failing', 'resolve sink_failing'],
  );
});

test('that alert generation lags is told by those who deliver, and that it has caught up', async (t) => {
  const { clock, told, comes, start } = await engines(t);
  const engine = await start();
  const lag = { subscriber: 'tasker.alerts', lag: 30_000, limit: 20_000, checkpoint: 1 };
  await engine.record({ name: 'subscriber.lagged', occurredAt: clock.now(), payload: lag });
  await comes('trigger subscriber_lagging');
  await engine.record({ name: 'subscriber.recovered', occurredAt: clock.now(), payload: { ...lag, lag: 10 } });
  await comes('resolve subscriber_lagging');
  assert.deepEqual(told, ['trigger subscriber_lagging', 'resolve subscriber_lagging']);
});
