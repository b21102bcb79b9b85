import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { alertGenerationName } from '../../src/subscribers/alert-generation/alert-generation.ts';
import { type EachDraft, toNewEvent } from '../../src/log/append.ts';
import { defineSink, type AlertNotice, type Delivery, type TaskerConfigInput } from '../../src/index.ts';
import { createTasker } from '../../src/create-tasker.ts';
import type { Storage } from '../../src/execution/storage.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';

/** A receiver that does as it is told. */
class Receiver {
  readonly told: string[] = [];
  answer: (notice: AlertNotice, signal: AbortSignal) => Delivery | Promise<Delivery> = () => ({ kind: 'delivered' });
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  sink(repeatAlertsMs?: number) {
    return defineSink({
      name: this.name,
      ...(repeatAlertsMs !== undefined && { repeatAlertsMs }),
      alerts: async ([notice], { signal }) => {
        if (notice === undefined) return { kind: 'delivered' };
        const answer = await this.answer(notice, signal);
        const what = notice.kind === 'summary' ? `summary of ${notice.missed.length}` : notice.kind;
        this.told.push(answer.kind === 'delivered' ? what : `${what}: ${answer.kind}`);
        return answer;
      },
    });
  }
}

const down: Delivery = { kind: 'retryable', reason: 'answered 503', taken: false };

async function watched(t: TestContext, config: Partial<TaskerConfigInput>) {
  const clock = new FakeClock();
  const random = seededRandom(3);
  const warnings: string[] = [];
  let storage: Storage | undefined;
  const tasker = await createTasker(
    { storage: { kind: 'memory' }, ...config },
    {
      clock,
      random,
      env: {},
      onWarning: (message) => void warnings.push(message),
      wrapStorage: (opened) => (storage = opened),
    },
  );
  let running = true;
  const stop = async (): Promise<void> => {
    if (!running) return;
    running = false;
    const stopped = tasker.stop({ graceMs: 0 });
    await clock.advance(10_000);
    await stopped;
  };
  t.after(stop);
  await tasker.start();
  /** As the next engine would record it. */
  const record = async (fact: EachDraft): Promise<void> => {
    const events = [toNewEvent(fact, random)];
    await storage?.commitGroup([], [{ kind: 'note', subscriber: alertGenerationName, events }]);
    await clock.advance(2500);
  };
  const worker = { worker: 'w', pid: 1, host: 'shop-1' };
  const loseWorker = (): Promise<void> =>
    record({ name: 'worker.lost', occurredAt: clock.now(), payload: { ...worker, startedAt: 1, tasksHeld: 2 } });
  const blockWorker = (): Promise<void> =>
    record({
      name: 'worker.unresponsive',
      occurredAt: clock.now(),
      payload: { ...worker, pid: 2, blockedMs: 5000, limitMs: 1000, handler: null },
    });
  const names = async (): Promise<readonly string[]> =>
    (await tasker.events({ limit: 10_000 })).events
      .map(({ name }) => name)
      .filter((name) => /^(alert|sink)\./.test(name));
  return { tasker, clock, warnings, loseWorker, blockWorker, record, stop, names };
}

test('an incident is told to every sink that takes alerts: it begins, somebody has it, it ends', async (t) => {
  const [pager, chat] = [new Receiver('pager'), new Receiver('chat')];
  const { tasker, clock, loseWorker, names } = await watched(t, { sinks: [pager.sink(), chat.sink()] });
  await loseWorker();
  const [alert] = await tasker.alerts();
  assert.equal(alert?.state, 'firing');
  assert.equal(
    (await tasker.acknowledgeAlert(alert.incident.key, { by: 'maria', why: 'on it' })).state,
    'acknowledged',
  );
  await clock.advance(2000);
  assert.deepEqual((await tasker.alerts())[0]?.acknowledged?.by, 'maria');
  await clock.advance(400_000);
  assert.deepEqual(pager.told, ['trigger', 'acknowledge', 'resolve']);
  assert.deepEqual(chat.told, pager.told);
  assert.deepEqual(await names(), ['alert.triggered', 'alert.acknowledged', 'alert.resolved']);
  assert.equal((await tasker.alerts())[0]?.state, 'resolved');
  await assert.rejects(tasker.acknowledgeAlert(alert.incident.key), { code: 'TASKER_TRANSITION_REFUSED' });
  await assert.rejects(tasker.acknowledgeAlert('no-such'), { code: 'TASKER_ALERT_NOT_FOUND' });
});

test('one that began and ended while the sink was down pages nobody, and is summed up once it is back', async (t) => {
  const pager = new Receiver('pager');
  pager.answer = () => down;
  const { clock, loseWorker, names, tasker } = await watched(t, { sinks: [pager.sink()] });
  await loseWorker();
  await clock.advance(600_000);
  assert.ok(pager.told.length > 3 && pager.told.every((one) => one.endsWith(': retryable')));
  const tries = pager.told.length;
  pager.answer = () => ({ kind: 'delivered' });
  await clock.advance(60_000);
  assert.deepEqual(pager.told.slice(tries), ['summary of 1']);
  assert.deepEqual(
    (await names()).filter((name) => name.startsWith('sink.')),
    ['sink.failing', 'sink.recovered'],
  );
  const events = (await tasker.events({ names: ['sink.failing'] })).events;
  assert.deepEqual(events[0]?.payload['signal' as never], 'alerts');
});

test('a receiver that hangs holds up neither another, nor the reading, nor the stop', async (t) => {
  const [pager, chat] = [new Receiver('pager'), new Receiver('chat')];
  pager.answer = () => new Promise<Delivery>(() => undefined);
  const { clock, loseWorker, stop, tasker } = await watched(t, { sinks: [pager.sink(), chat.sink()] });
  await loseWorker();
  await clock.advance(2000);
  assert.deepEqual(chat.told, ['trigger']);
  const [lagOfPager] = (await tasker.subscribers()).filter(({ name }) => name === 'tasker.alerts.pager');
  assert.equal(lagOfPager?.lag, 0);
  await stop();
});

test('what a receiver refuses for good is dropped, and told of; the next is not held up', async (t) => {
  const pager = new Receiver('pager');
  let first = true;
  pager.answer = ({ kind }) => {
    if (!first || kind !== 'trigger') return { kind: 'delivered' };
    first = false;
    return { kind: 'rejected', reason: 'answered 400' };
  };
  const { loseWorker, blockWorker, names } = await watched(t, { sinks: [pager.sink()] });
  await loseWorker();
  await blockWorker();
  assert.deepEqual(pager.told, ['trigger: rejected', 'trigger']);
  assert.ok((await names()).includes('sink.dropped'));
});

test('while they are silenced nobody is told; when the silence is lifted, those that are open are told of', async (t) => {
  const pager = new Receiver('pager');
  const { tasker, clock, loseWorker } = await watched(t, { sinks: [pager.sink()] });
  const silence = await tasker.silenceAlerts({ match: { policy: 'worker_*' }, forMs: 3_600_000, by: 'maria' });
  await clock.advance(1500);
  assert.deepEqual(
    (await tasker.silences()).map(({ id }) => id),
    [silence.id],
  );
  await loseWorker();
  assert.deepEqual(pager.told, []);
  assert.equal((await tasker.alerts())[0]?.silenced, true);
  await tasker.liftSilence(silence.id, { by: 'maria', why: 'done' });
  await clock.advance(3000);
  assert.deepEqual(pager.told, ['trigger']);
  assert.deepEqual(await tasker.silences(), []);
  await assert.rejects(tasker.liftSilence(silence.id), { code: 'TASKER_ALERT_NOT_FOUND' });
});

test('a receiver that forgets is told again and again, and of the end for five minutes more', async (t) => {
  const manager = new Receiver('manager');
  const { clock, loseWorker } = await watched(t, { sinks: [manager.sink(60_000)] });
  await loseWorker();
  await clock.advance(900_000);
  const repeats = manager.told.filter((one) => one === 'repeat').length;
  const ends = manager.told.filter((one) => one === 'resolve').length;
  assert.ok(manager.told[0] === 'trigger' && repeats + ends > 4, manager.told.join(' '));
  assert.ok(ends >= 5 && ends <= 7, manager.told.join(' '));
});

test('the first route that fits says who is told, and a sink is not told that it fails itself', async (t) => {
  const [pager, chat] = [new Receiver('pager'), new Receiver('chat')];
  const { tasker, loseWorker } = await watched(t, {
    sinks: [pager.sink(), chat.sink()],
    alerts: {
      routes: [
        { match: { policy: 'worker_lost' }, sinks: ['chat'] },
        { match: { labels: { team: 'payments' } }, sinks: ['pager', 'chat'] },
      ],
    },
  });
  await loseWorker();
  assert.deepEqual([pager.told, chat.told], [[], ['trigger']]);
  const tested = await tasker.testAlert({ severity: 'critical', labels: { team: 'payments' } }, { send: true });
  assert.deepEqual(
    tested.sinks.map(({ sink, trigger, resolve }) => [sink, trigger?.kind, resolve?.kind]),
    [
      ['pager', 'delivered', 'delivered'],
      ['chat', 'delivered', 'delivered'],
    ],
  );
  assert.equal(tested.route, 1);
  assert.deepEqual(pager.told, ['trigger', 'resolve']);
  assert.deepEqual((await tasker.testAlert({})).sinks, []);
});

test('a route names a cluster by what its members\u2019 names begin with', async (t) => {
  const [first, second, chat] = [new Receiver('alertmanager-1'), new Receiver('alertmanager-2'), new Receiver('chat')];
  const sinks = [first.sink(), second.sink(), chat.sink()];
  const { loseWorker } = await watched(t, { sinks, alerts: { routes: [{ sinks: ['alertmanager*'] }] } });
  await loseWorker();
  assert.deepEqual([first.told, second.told, chat.told], [['trigger'], ['trigger'], []]);
});

test('a wrong name in a route, and a wrong parameter of a policy, are told at the start', async () => {
  const create = (config: Partial<TaskerConfigInput>) => createTasker({ storage: { kind: 'memory' }, ...config });
  const sinks = [new Receiver('pagerduty').sink()];
  await assert.rejects(
    create({ sinks, alerts: { routes: [{ sinks: ['pagerdutty'] }] } }),
    /alerts\.routes\.0\.sinks\.0: there is no sink 'pagerdutty'; did you mean 'pagerduty'\?; those that take alerts: pagerduty/,
  );
  await assert.rejects(
    create({ sinks, alerts: { policies: [{ name: 'error_ratio', ratio: 7 }] } }),
    /ratio: expected a number from 0 to 1/,
  );
  await assert.rejects(create({ alerts: { routs: [] } as never }), /unknown key 'routs' \(did you mean 'routes'\?\)/);
  await assert.rejects(
    create({ alerts: { maintenance: [{ from: '02:00', until: '04:00' }] } }),
    /alerts\.maintenance\.0\.from: expected an ISO time|maintenance\.0\.from: expected an ISO time/,
  );
});

test('neither generation nor delivery of alerts can be replayed: people would be told of what is over', async (t) => {
  const { tasker } = await watched(t, { sinks: [new Receiver('pager').sink()] });
  for (const name of ['tasker.alerts', 'tasker.alerts.pager'])
    await assert.rejects(tasker.replay(name, { from: 'beginning' }), { code: 'TASKER_REPLAY_REFUSED' });
});

test('nothing is watched where nothing asks for alerts', async (t) => {
  const { tasker } = await watched(t, {});
  assert.deepEqual(await tasker.subscribers(), []);
  assert.deepEqual(await tasker.alerts(), []);
  await assert.rejects(tasker.silenceAlerts({ match: {}, forMs: 1000 }), { code: 'TASKER_ALERT_NOT_FOUND' });
  await assert.rejects(tasker.testAlert({}), { code: 'TASKER_CONFIG_INVALID' });
});
