import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import {
  createTasker,
  defineSubscriber,
  defineTask,
  type SubscriberModule,
  type SubscriberStatus,
  type TaskerConfigInput,
} from '../../src/index.ts';
import { isTaskerError } from '../../src/shared/errors.ts';
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts';
import { creation, event } from '../../src/testing/contracts/fixtures.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { until } from '../support/until.ts';

const baseDir = join(import.meta.dirname, '../support/observed');
const sale = defineTask({ name: 'sale', step_templates: [{ name: 'pay', handler: () => ({}) }] });
const request = { name: 'sale', context: {} };

type Subscribers = NonNullable<TaskerConfigInput['subscribers']>;

/** A real file and real threads: what they do takes real time. */
async function engines(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'tasker-observers-'));
  const stops: (() => Promise<void>)[] = [];
  t.after(async () => {
    for (const stop of stops) await stop();
    await rm(folder, { recursive: true, force: true });
  });
  const create = async (subscribers: Subscribers) => {
    const warnings: string[] = [];
    const tasker = await createTasker(
      { storage: { kind: 'sqlite', file: join(folder, 'tasker.db') }, tasks: [sale], subscribers },
      { baseDir, env: {}, onWarning: (message) => void warnings.push(message) },
    );
    stops.push(() => tasker.stop({ graceMs: 0 }));
    return { tasker, warnings };
  };
  const start = async (subscribers: Subscribers) => {
    const created = await create(subscribers);
    await created.tasker.start();
    return created;
  };
  return { create, start, file: join(folder, 'tasker.db'), mark: join(folder, 'mark') };
}

type Started = Awaited<ReturnType<Awaited<ReturnType<typeof engines>>['start']>>;

/** A log that somebody else has written. */
async function fillLog(file: string, count: number): Promise<void> {
  const storage = await openSqlite({ file, maxBytes: null });
  const events = Array.from({ length: count }, (_, index) => event(`old-${index}`));
  await storage.tasks.commit([creation('old', { events, release: { dueAt: null, deadlineAt: null } })]);
  await storage.close();
}

async function sell(tasker: Started['tasker'], count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await (await tasker.run(request)).wait();
}

const stateIs = (tasker: Started['tasker'], name: string, expected: unknown): Promise<true> =>
  until(async () => JSON.stringify(await tasker.subscriberState(name)) === JSON.stringify(expected) && true);

test('a subscriber that is named by its module follows the log in a thread of its own', async (t) => {
  const { start } = await engines(t);
  const { tasker } = await start(['./counting.ts', { module: './of-a-class.ts', options: { worth: 5 } }]);
  await sell(tasker, 3);
  await stateIs(tasker, 'counting', { count: 3 });
  await stateIs(tasker, 'order-tally', 15);
  assert.deepEqual(tasker.catalog.describe('task.completed').subscribers, ['counting', 'order-tally']);
  assert.deepEqual(
    (await tasker.subscribers()).map(({ name, status, trouble }) => [name, status, trouble]),
    [
      ['counting', 'following', null],
      ['order-tally', 'following', null],
    ],
  );
});

test('a stopping engine lets it come to the end of the log, and the next one goes on from there', async (t) => {
  const { start, create } = await engines(t);
  const first = await start(['./counting.ts']);
  await sell(first.tasker, 20);
  await first.tasker.stop();
  const second = await create(['./counting.ts']);
  assert.deepEqual(await second.tasker.subscriberState('counting'), { count: 20 });
  await second.tasker.start();
  await sell(second.tasker, 1);
  await stateIs(second.tasker, 'counting', { count: 21 });
});

for (const [when, begun] of [
  ['while it is loaded', true],
  ['before it is loaded', false],
] as const) {
  test(
    `an engine that is told to stop does not wait for one that loads slowly, ${when}`,
    { timeout: 20_000 },
    async (t) => {
      const { create } = await engines(t);
      const { tasker, warnings } = await create(['./slow-to-load.ts']);
      const starting = tasker.start();
      if (begun) await until(async () => tasker.status().running);
      await tasker.stop();
      await starting;
      assert.deepEqual(warnings, []);
    },
  );
}

test('one that blocks its thread holds up neither workflows nor other subscribers, and is told of, lag included', async (t) => {
  const { start, mark } = await engines(t);
  const lagged: string[] = [];
  const witness = defineSubscriber({
    name: 'witness',
    on: { 'subscriber.*': ({ name }) => void lagged.push(name) },
  });
  const blocking: SubscriberModule = { module: './blocking.ts', options: { until: mark } };
  const { tasker, warnings } = await start([blocking, './counting.ts', witness]);
  await sell(tasker, 10);
  await stateIs(tasker, 'counting', { count: 10 });
  const status = async () => (await tasker.subscribers()).find(({ name }) => name === 'blocking');
  const blocked = await until(async () => {
    const one = await status();
    return one?.status === 'failed' && one;
  });
  assert.match(blocked.trouble ?? '', /blocking\.ts' has not answered for 3000 ms: a handler blocks it/);
  assert.equal(warnings.length, 1);
  await until(async () => lagged.includes('subscriber.lagged'));
  await sell(tasker, 1);
  await stateIs(tasker, 'counting', { count: 11 });
  await writeFile(mark, '');
  await stateIs(tasker, 'blocking', 11);
  await until(async () => (await status())?.status === 'following');
  await until(async () => lagged.includes('subscriber.recovered'));
});

test('one that is 100,000 events behind is told of, and delays neither workflows nor the others', async (t) => {
  const { start, create, file } = await engines(t);
  await create([]);
  await fillLog(file, 100_000);
  const facts: string[] = [];
  const held = Promise.withResolvers<void>();
  const behind = defineSubscriber({
    name: 'behind',
    startFrom: 'beginning',
    lagLimit: 50_000,
    state: { initial: () => 0 },
    on: {
      'task.start_requested': async (_event, context) => {
        if (context.state === 0) await held.promise;
        context.state += 1;
      },
    },
  });
  const witness = defineSubscriber({ name: 'witness', on: { 'subscriber.*': ({ name }) => void facts.push(name) } });
  const { tasker } = await start([behind, { module: './counting.ts', options: { name: 'other' } }, witness]);
  await sell(tasker, 10);
  await stateIs(tasker, 'other', { count: 10 });
  await until(async () => facts.includes('subscriber.lagged'));
  assert.equal(await tasker.subscriberState('behind'), 0);
  held.resolve();
  await stateIs(tasker, 'behind', 100_010);
  await until(async () => facts.includes('subscriber.recovered'));
});

test('a stop does not wait for one that blocks its thread; nothing it had not saved is lost', async (t) => {
  const { start, mark } = await engines(t);
  const blocking: SubscriberModule = { module: './blocking.ts', options: { until: mark } };
  const first = await start([blocking]);
  await sell(first.tasker, 2);
  await first.tasker.stop();
  await writeFile(mark, '');
  const second = await start([blocking]);
  await stateIs(second.tasker, 'blocking', 2);
});

test('whoever asks something of one that blocks its thread is told, and a stop does not wait for it either', async (t) => {
  const { create, start, file, mark } = await engines(t);
  const blocking: SubscriberModule = { module: './blocking.ts', options: { until: mark } };
  const first = await start([blocking]);
  await sell(first.tasker, 1);
  const isBlocked = ({ name, status }: SubscriberStatus) => name === 'blocking' && status === 'failed';
  await until(async () => (await first.tasker.subscribers()).some(isBlocked));
  const other = await create([blocking]);
  const asked = other.tasker.unregister('blocking').catch((error: unknown) => error);
  const blocked = { code: 'TASKER_SUBSCRIBER_BEHIND', message: /'\.\/blocking\.ts' has not answered/ };
  await assert.rejects(first.tasker.unregister('blocking'), blocked);
  await first.tasker.stop();
  const kept = await asked;
  assert.ok(isTaskerError(kept, 'TASKER_COMMAND_NOT_APPLIED'));
  await writeFile(mark, '');
  await start([blocking]);
  const storage = await openSqlite({ file, maxBytes: null });
  t.after(() => storage.close());
  const outcome = await until(() => storage.commands.outcome(String(kept.details['commandId'])));
  assert.deepEqual(outcome, { kind: 'answered', answer: { name: 'blocking', parked: 0 } });
});

test('one that could not be unregistered, because it blocked its thread, goes on when it does not any more', async (t) => {
  const { start, mark } = await engines(t);
  const entered = `${mark}-entered`;
  const { tasker } = await start([{ module: './blocking.ts', options: { until: mark, entered } }]);
  await sell(tasker, 1);
  await until(async () => existsSync(entered));
  const status = async () => (await tasker.subscribers()).find(({ name }) => name === 'blocking')?.status;
  const asking = tasker.unregister('blocking');
  await assert.rejects(asking, { code: 'TASKER_SUBSCRIBER_BEHIND' });
  await writeFile(mark, '');
  await stateIs(tasker, 'blocking', 1);
  await sell(tasker, 1);
  await stateIs(tasker, 'blocking', 2);
  await until(async () => (await status()) === 'following');
});

test('one that ends its thread is started again, and goes on where its checkpoint stands', async (t) => {
  const { start, mark } = await engines(t);
  const { tasker, warnings } = await start([{ module: './unruly.ts', options: { how: 'exit', mark } }]);
  await sell(tasker, 3);
  await stateIs(tasker, 'unruly', 3);
  assert.match(warnings.join('\n'), /the thread of '\.\/unruly\.ts' is gone/);
});

test('an event that ends its thread as often as it may be tried is parked, and the next goes on', async (t) => {
  const { start } = await engines(t);
  const { tasker } = await start([{ module: './fatal.ts', options: { at: 'poison' } }]);
  await sell(tasker, 1);
  const poison = await (await tasker.run({ ...request, correlationId: 'poison' })).wait();
  await sell(tasker, 1);
  await stateIs(tasker, 'fatal', 2);
  await stateIs(tasker, 'beside', 3);
  const { events } = await tasker.parked('fatal');
  assert.deepEqual(
    events.map(({ taskId, attempts, error }) => [taskId, attempts, error?.type]),
    [[poison.id, 2, 'ThreadEnded']],
  );
  assert.equal((await tasker.events({ names: ['subscriber.event_parked'] })).events.length, 1);
});

test('one that was unregistered does not begin anew when its thread does', async (t) => {
  const { start } = await engines(t);
  const { tasker } = await start([{ module: './fatal.ts', options: { at: 'poison' } }]);
  await sell(tasker, 1);
  await stateIs(tasker, 'beside', 1);
  await tasker.unregister('beside');
  await (await tasker.run({ ...request, correlationId: 'poison' })).wait();
  await sell(tasker, 1);
  await stateIs(tasker, 'fatal', 2);
  assert.deepEqual(
    (await tasker.subscribers()).map(({ name }) => name),
    ['fatal'],
  );
});

test('what it throws where nobody awaits it is told, and it goes on', async (t) => {
  const { start, mark } = await engines(t);
  const { tasker, warnings } = await start([{ module: './unruly.ts', options: { how: 'throw-late', mark } }]);
  await sell(tasker, 3);
  await stateIs(tasker, 'unruly', 3);
  await until(async () => warnings.length > 0);
  assert.match(warnings.join('\n'), /in the thread of '\.\/unruly\.ts': nobody awaits this/);
});

test('it is replayed, and its progress told, as one on the engine’s thread is; also seen from beside', async (t) => {
  const { start, create } = await engines(t);
  const { tasker } = await start(['./counting.ts']);
  await sell(tasker, 5);
  await stateIs(tasker, 'counting', { count: 5 });
  const seen: number[] = [];
  const here = await tasker.replay('counting', {
    from: 'beginning',
    onProgress: ({ reached }) => void seen.push(reached),
  });
  assert.deepEqual([here.from, here.parked, seen.at(-1)], [1, 0, here.reached]);
  const { tasker: beside } = await create(['./counting.ts']);
  const there = await beside.replay('counting', { from: 'beginning' });
  assert.equal(there.from, 1);
  await assert.rejects(beside.replay('counting', { from: { position: 20 } }), { code: 'TASKER_REPLAY_REFUSED' });
  assert.deepEqual(await tasker.subscriberState('counting'), { count: 5 });
});

test('a callback that throws at progress is told of, and ends neither the replay nor the process', async (t) => {
  const { start } = await engines(t);
  const local = defineSubscriber({
    name: 'local',
    startFrom: 'beginning',
    state: { initial: () => 0 },
    on: { 'task.completed': (_event, context) => void (context.state += 1) },
  });
  const { tasker, warnings } = await start(['./counting.ts', local]);
  await sell(tasker, 2);
  await stateIs(tasker, 'counting', { count: 2 });
  await stateIs(tasker, 'local', 2);
  const onProgress = (): never => {
    throw new Error('cannot draw');
  };
  for (const name of ['counting', 'local']) {
    const { parked } = await tasker.replay(name, { from: 'beginning', onProgress });
    assert.equal(parked, 0);
  }
  assert.ok(warnings.filter((message) => message === 'cannot draw').length >= 2, warnings.join('\n'));
});

test('how far a replay has come is seen from another process while it goes on', async (t) => {
  const { start, create } = await engines(t);
  const held = Promise.withResolvers<void>();
  const patient = defineSubscriber({
    name: 'patient',
    startFrom: 'beginning',
    state: { initial: () => 0 },
    on: {
      'task.completed': async (_event, context) => {
        if (context.replaying && context.state === 2) await held.promise;
        context.state += 1;
      },
    },
  });
  const { tasker } = await start([patient]);
  await sell(tasker, 3);
  await stateIs(tasker, 'patient', 3);
  const { tasker: beside } = await create([]);
  const seen: number[] = [];
  const replayed = beside.replay('patient', { from: 'beginning', onProgress: ({ to }) => void seen.push(to) });
  const shown = await until(async () => (await beside.subscribers())[0]?.replay ?? null);
  assert.equal(shown.from, 1);
  await until(async () => seen.length > 0);
  held.resolve();
  const { to } = await replayed;
  assert.equal(seen.at(-1), to);
  assert.equal((await beside.subscribers())[0]?.replay, null);
});

test('one that is unregistered is stopped and forgotten; if it is still configured, it begins anew', async (t) => {
  const { start, create } = await engines(t);
  const { tasker } = await start(['./counting.ts', { module: './counting.ts', options: { name: 'other' } }]);
  const heard: unknown[] = [];
  tasker.on('subscriber.unregistered', ({ payload }) => void heard.push(payload));
  await sell(tasker, 2);
  await stateIs(tasker, 'other', { count: 2 });
  assert.deepEqual(await tasker.unregister('other'), { name: 'other', parked: 0 });
  assert.deepEqual(heard, [{ subscriber: 'other', reason: 'removed' }]);
  await sell(tasker, 1);
  await stateIs(tasker, 'counting', { count: 3 });
  assert.deepEqual(
    (await tasker.subscribers()).map(({ name }) => name),
    ['counting'],
  );
  await assert.rejects(tasker.unregister('other'), { code: 'TASKER_SUBSCRIBER_NOT_FOUND' });
  const { tasker: beside } = await create([]);
  await beside.unregister('counting');
  assert.deepEqual(await tasker.subscribers(), []);
  await tasker.stop();
  const again = await start(['./counting.ts']);
  await stateIs(again.tasker, 'counting', { count: 3 });
});

test('in memory, and on a made-up clock, it runs on the engine’s thread, through the same code', async (t) => {
  const clock = new FakeClock();
  const tasker = await createTasker(
    { storage: { kind: 'memory' }, tasks: [sale], subscribers: ['./counting.ts'] },
    { baseDir, env: {}, clock, onWarning: (message) => assert.fail(message) },
  );
  t.after(() => tasker.stop({ graceMs: 0 }));
  await tasker.start();
  await (await tasker.run(request)).wait();
  await clock.advance(100);
  assert.deepEqual(await tasker.subscriberState('counting'), { count: 1 });
});

test('a module that is not there, is broken or exports something else is refused, and heard of', async () => {
  const refused = async (named: string | SubscriberModule, why: RegExp): Promise<void> => {
    const heard: string[] = [];
    await assert.rejects(
      createTasker(
        { storage: { kind: 'memory' }, tasks: [sale], subscribers: [named] },
        {
          baseDir,
          env: {},
          listeners: { 'subscriber.validation_failed': ({ payload }) => void heard.push(payload.message) },
        },
      ),
      { code: 'TASKER_SUBSCRIBER_INVALID', message: why },
    );
    assert.match(heard.join('\n'), why);
  };
  await refused('./nowhere.ts', /observed\/nowhere\.ts cannot be loaded: .*Cannot find module/);
  await refused('no-such-package', /no-such-package cannot be loaded/);
  await refused('../until.ts', /until\.ts: expected 'export default defineSubscriber\(.*it has no default export/);
  await refused({ module: './counting.ts', options: { name: 'no spaces' } }, /name: expected 1 to 64 of/);
  await refused({ module: '' }, /got \{"module":""\}/);
});
