import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';

import { createTasker, defineSink, systemRandom } from '../../src/index.ts';
import type { Storage } from '../../src/execution/storage.ts';
import { toNewEvent } from '../../src/log/append.ts';
import { delivered } from '../../src/signals/delivery.ts';
import { until } from '../support/until.ts';
import { tasker as cli } from './support/fake-io.ts';
import { emptyProject } from './support/project.ts';

const config = `
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

const told = (name, answer) => ({
  name,
  alerts: async ([notice]) => {
    appendFileSync(join(import.meta.dirname, 'told.txt'), name + ' ' + notice.kind + '\\n');
    return answer;
  },
});

export default {
  storage: { kind: 'sqlite', file: 'tasker.db' },
  sinks: [told('pager', { kind: 'delivered' }), told('chat', { kind: 'retryable', reason: 'answered 503' })],
  alerts: { routes: [{ match: { severity: 'critical', labels: { team: 'payments' } }, sinks: ['pager'] }, { match: { severity: 'error' }, sinks: ['chat', 'pager'] }] },
};
`;

const lost = { worker: 'w', pid: 1, host: 'shop-1', startedAt: 1, tasksHeld: 2 };

/** An engine whose alert generation runs in its own thread, and has found that a process is gone. */
async function engine(t: TestContext) {
  const { dir, write } = await emptyProject(t);
  await write('tasker.config.js', config);
  const heard = Promise.withResolvers<void>();
  let ended = Promise.withResolvers<string>();
  let storage: Storage | undefined;
  const tasker = await createTasker(
    {
      storage: { kind: 'sqlite', file: join(dir, 'tasker.db') },
      sinks: [
        defineSink({
          name: 'pager',
          alerts: async ([notice]) => {
            heard.resolve();
            if (notice !== undefined && notice.kind !== 'trigger') ended.resolve(notice.kind);
            return { kind: 'delivered' };
          },
        }),
      ],
    },
    { env: {}, wrapStorage: (opened) => (storage = opened) },
  );
  await tasker.start();
  t.after(() => tasker.stop({ graceMs: 0 }));
  const fact = toNewEvent({ name: 'worker.lost', occurredAt: Date.now(), payload: lost }, systemRandom);
  await storage?.commitGroup([], [{ kind: 'note', subscriber: 'tasker.alerts', events: [fact] }]);
  await heard.promise;
  const next = (): Promise<string> => {
    ended = Promise.withResolvers<string>();
    return ended.promise;
  };
  return { dir, next };
}

describe('alerts, from another process', () => {
  it('lists what fires, shows one, and takes it in hand: the receiver is told', async (t) => {
    const { dir, next } = await engine(t);
    const listed = JSON.parse((await cli({ cwd: dir }, ['alerts', '--json'])).out);
    assert.deepEqual([listed.total, listed.alerts[0].state], [1, 'firing']);
    const { key } = listed.alerts[0].incident;
    assert.match(
      (await cli({ cwd: dir }, ['alerts'])).out,
      /^SEVERITY +STATE +SINCE +FOR +KEY +WHAT\n(error|critical|warning|info) +firing /,
    );
    const shown = await cli({ cwd: dir }, ['alerts', 'show', key.slice(0, -1)]);
    assert.match(shown.out, /worker_lost/);
    assert.match(shown.out, /^do first/m);
    const missing = await cli({ cwd: dir }, ['alerts', 'show', 'no-such']);
    assert.equal(missing.code, 4);

    const told = next();
    const taken = await cli({ cwd: dir }, ['alerts', 'ack', key, '--by', 'maria', '--why', 'on it']);
    assert.deepEqual([taken.code, taken.out], [0, `${key} is with maria\n`], taken.err);
    assert.equal(await told, 'acknowledge');
  });

  it('lists what is pending, with the time at which it fires: nobody is told of it yet', async (t) => {
    const { dir } = await emptyProject(t);
    const told: string[] = [];
    let storage: Storage | undefined;
    const tasker = await createTasker(
      {
        storage: { kind: 'sqlite', file: join(dir, 'tasker.db') },
        sinks: [defineSink({ name: 'pager', alerts: async ([notice]) => (told.push(notice?.kind ?? ''), delivered) })],
        alerts: { policies: [{ name: 'worker_lost', for_seconds: 120 }] },
      },
      { env: {}, wrapStorage: (opened) => (storage = opened) },
    );
    await tasker.start();
    t.after(() => tasker.stop({ graceMs: 0 }));
    await writeFile(
      join(dir, 'tasker.config.js'),
      `export default { storage: { kind: 'sqlite', file: 'tasker.db' } };`,
    );
    assert.match((await cli({ cwd: dir }, ['alerts'])).err, /there are no alerts/);
    const fact = toNewEvent({ name: 'worker.lost', occurredAt: Date.now(), payload: lost }, systemRandom);
    await storage?.commitGroup([], [{ kind: 'note', subscriber: 'tasker.alerts', events: [fact] }]);
    await until(async () => (await tasker.pendingAlerts()).length === 1);
    const [pending] = await tasker.pendingAlerts();
    assert.deepEqual([pending?.policy, pending?.about, pending?.task], ['worker_lost', 'shop-1:1', null]);
    assert.equal((pending?.firesAtMs ?? 0) - (pending?.sinceMs ?? 0), 120_000);

    assert.match(
      (await cli({ cwd: dir }, ['alerts', 'list', '--open'])).out,
      /^SEVERITY +STATE +SINCE +FOR +KEY +WHAT\n- +pending .* - +worker_lost of shop-1:1; fires at .* if it holds until then\n$/,
    );
    const listed = JSON.parse((await cli({ cwd: dir }, ['alerts', '--json'])).out);
    assert.deepEqual([listed.alerts, listed.pending], [[], [pending]]);
    assert.deepEqual(told, []);
  });

  it('silences for a time, lists that, and ends it', async (t) => {
    const { dir } = await engine(t);
    const wrong = await cli({ cwd: dir }, ['alerts', 'silence', '--for', '2h']);
    assert.deepEqual([wrong.code, wrong.out], [2, '']);
    assert.match(wrong.err, /expected which alerts/);
    const made = JSON.parse(
      (
        await cli({ cwd: dir }, [
          'alerts',
          'silence',
          '--policy',
          'worker_*',
          '--label',
          'team=ops',
          '--for',
          '2h',
          '--json',
        ])
      ).out,
    );
    assert.deepEqual(made.outcome.match, { policy: 'worker_*', labels: { team: 'ops' } });
    const { id, fromMs, untilMs } = made.outcome;
    assert.equal(untilMs - fromMs, 7_200_000);
    for (let shown: string[] = []; !shown.includes(id);)
      shown = JSON.parse((await cli({ cwd: dir }, ['alerts', '--json'])).out).silences.map(
        (one: { id: string }) => one.id,
      );
    const ended = await cli({ cwd: dir }, ['alerts', 'unsilence', id]);
    assert.deepEqual([ended.code, ended.out], [0, 'silenced no longer: policy worker_*, team=ops\n'], ended.err);
  });

  it('says who would be told, and whether it arrives', async (t) => {
    const { dir } = await emptyProject(t).then(async (project) => {
      await project.write('tasker.config.js', config);
      return project;
    });
    const payments = ['alerts', 'test', '--severity', 'critical', '--label', 'team=payments'];
    const asked = await cli({ cwd: dir }, payments);
    assert.deepEqual([asked.code, asked.out], [0, 'route 1 of 2 fits\nSINK\npager\n'], asked.err);
    const sent = await cli({ cwd: dir }, [...payments, '--send']);
    assert.deepEqual(
      [sent.code, sent.out],
      [0, 'route 1 of 2 fits\nSINK   BEGIN      END\npager  delivered  delivered\n'],
      sent.err,
    );
    const failing = await cli({ cwd: dir }, ['alerts', 'test', '--severity', 'error', '--send', '--json']);
    assert.equal(failing.code, 1);
    assert.deepEqual(
      JSON.parse(failing.out).sinks.map((one: { sink: string; trigger: { kind: string } }) => [
        one.sink,
        one.trigger.kind,
      ]),
      [
        ['pager', 'delivered'],
        ['chat', 'retryable'],
      ],
    );
    const nobody = await cli({ cwd: dir }, ['alerts', 'test', '--severity', 'info']);
    assert.deepEqual([nobody.code, nobody.out], [1, 'none of 2 routes fits: nobody is told\n']);
  });
});
