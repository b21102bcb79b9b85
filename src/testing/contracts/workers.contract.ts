import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { LostWorker, WorkerInfo } from '../../execution/workers.ts';
import {
  change,
  commitOne,
  creation,
  event,
  type Has,
  joined,
  manyEngines,
  oneConnectionOnly,
  oneEngineOnly,
  type Open,
  wholeLog,
  withStorage,
  worker,
} from './fixtures.ts';

const second: WorkerInfo = { id: 'worker-2', pid: 5_000, host: 'shop-2', startedAt: 2_000 };

export function workersContract(storageName: string, open: Open, has: Has): void {
  const needsAnother = has.another ? {} : { skip: oneConnectionOnly };
  const oneAtATime = has.engines === 'one' ? needsAnother : { skip: manyEngines };
  const manyAtATime = has.engines === 'many' ? {} : { skip: oneEngineOnly };
  describe(`WorkerRegistry on ${storageName}`, () => {
    it('writes the facts of joining and leaving into the log', () =>
      withStorage(open, async (storage) => {
        const joinedAt = await storage.workers.join(worker, (lost, anew) => {
          assert.deepEqual(lost, []);
          assert.equal(anew, false);
          return [event('e1', { name: 'worker.started' })];
        });
        const leftAt = await storage.workers.leave(worker.id, [event('e2', { name: 'worker.stopped' })]);
        assert.deepEqual(
          (await wholeLog(storage)).map((one) => [one.position, one.name]),
          [
            [joinedAt, 'worker.started'],
            [leftAt, 'worker.stopped'],
          ],
        );
      }));

    it('writes what a worker tells of itself while it is the engine, and nothing of any other', () =>
      withStorage(open, async (storage) => {
        assert.equal(await storage.workers.note(worker.id, [event('e0', { name: 'worker.unresponsive' })]), null);
        await storage.workers.join(worker, () => [event('e1', { name: 'worker.started' })]);
        const notedAt = await storage.workers.note(worker.id, [event('e2', { name: 'worker.unresponsive' })]);
        assert.equal(await storage.workers.note('worker-2', [event('e3', { name: 'worker.unresponsive' })]), null);
        assert.deepEqual(
          (await wholeLog(storage)).map((one) => [one.position, one.id]),
          [
            [1, 'e1'],
            [notedAt, 'e2'],
          ],
        );
      }));

    it('says whether an engine is running', () =>
      withStorage(open, async (storage) => {
        assert.equal(await storage.workers.isEngineRunning(), false);
        await storage.workers.join(worker, () => []);
        assert.equal(await storage.workers.isEngineRunning(), true);
        await storage.workers.leave(worker.id, []);
        assert.equal(await storage.workers.isEngineRunning(), false);
      }));

    it('refuses a second engine and names the first', has.engines === 'one' ? {} : { skip: manyEngines }, () =>
      joined(open, async (storage) => {
        await assert.rejects(
          storage.workers.join(second, () => assert.fail('must not be asked')),
          (error: Error) => {
            assert.equal('code' in error && error.code, 'TASKER_ENGINE_ALREADY_RUNNING');
            assert.match(error.message, /process 4211 on shop-1/);
            assert.ok(error.message.includes(storage.location));
            return true;
          },
        );
        assert.equal((await commitOne(storage, creation('t1')))?.kind, 'committed');
      }),
    );

    it('gives held tasks back when the engine leaves', () =>
      joined(open, async (storage) => {
        await storage.tasks.commit([creation('t1'), creation('t2', { release: { dueAt: null, deadlineAt: null } })]);
        await storage.workers.leave(worker.id, []);
        assert.equal((await commitOne(storage, change('t1', 1)))?.kind, 'lease_lost');
        await storage.workers.join(second, (lost) => {
          assert.deepEqual(lost, []);
          return [];
        });
        const taken = await storage.queue.takeDue(Number.MAX_SAFE_INTEGER, 9);
        assert.deepEqual(
          taken.map((task) => task.taskId),
          ['t1'],
        );
      }));

    it('lets nobody leave in the name of another', () =>
      joined(open, async (storage) => {
        await storage.workers.leave('worker-9', []);
        assert.equal(await storage.workers.isEngineRunning(), true);
      }));

    it('stays free when the facts of joining cannot be told', () =>
      withStorage(open, async (storage) => {
        const broken = () => {
          throw new TypeError('broken facts');
        };
        await assert.rejects(storage.workers.join(worker, broken), /broken facts/);
        assert.equal(await storage.workers.isEngineRunning(), false);
        await storage.workers.join(second, (lost) => {
          assert.deepEqual(lost, []);
          return [];
        });
      }));

    it('reports a worker that ended without leaving and makes its tasks due', needsAnother, () =>
      joined(open, async (storage, { another, lapse }) => {
        assert.ok(another !== null);
        await storage.tasks.commit([
          creation('t1'),
          creation('t2'),
          creation('t3', { release: { dueAt: null, deadlineAt: null } }),
        ]);
        await storage.close();
        await lapse?.();
        const successor = await another();
        let reported: readonly LostWorker[] = [];
        await successor.workers.join(second, (lost) => {
          reported = lost;
          return [event('lost', { name: 'worker.lost' })];
        });
        assert.deepEqual(reported, [{ ...worker, tasksHeld: 2 }]);
        assert.deepEqual(
          (await wholeLog(successor)).map((one) => one.id),
          ['lost'],
        );
        const taken = await successor.queue.takeDue(Number.MAX_SAFE_INTEGER, 9);
        assert.deepEqual(taken.map((task) => task.taskId).toSorted(), ['t1', 't2']);
        assert.ok(taken.every((task) => task.lease > 1));
      }),
    );

    it('reports each lost worker once', needsAnother, () =>
      joined(open, async (storage, { another, lapse }) => {
        assert.ok(another !== null);
        await storage.close();
        await lapse?.();
        const successor = await another();
        await successor.workers.join(second, () => []);
        await successor.close();
        await lapse?.();
        const third = await another();
        await third.workers.join({ ...second, id: 'worker-3' }, (lost) => {
          assert.deepEqual(lost, [{ ...second, tasksHeld: 0 }]);
          return [];
        });
      }),
    );

    it('is seen through other connections, and refuses them', oneAtATime, () =>
      joined(open, async (_storage, { another }) => {
        assert.ok(another !== null);
        const other = await another();
        assert.equal(await other.workers.isEngineRunning(), true);
        await assert.rejects(
          other.workers.join(second, () => []),
          { code: 'TASKER_ENGINE_ALREADY_RUNNING' },
        );
        assert.equal((await commitOne(other, creation('t1')))?.kind, 'lease_lost');
      }),
    );

    it('lets workers join beside each other, and each write what it holds alone', manyAtATime, () =>
      joined(open, async (storage, { another }) => {
        assert.ok(another !== null);
        await storage.tasks.commit([creation('t1')]);
        const other = await another();
        await other.workers.join(second, (lost) => {
          assert.deepEqual(lost, []);
          return [];
        });
        assert.equal((await commitOne(other, change('t1', 1)))?.kind, 'lease_lost');
        assert.equal((await commitOne(other, creation('t2')))?.kind, 'committed');
        assert.equal((await commitOne(storage, change('t1', 1)))?.kind, 'committed');
        assert.equal(await other.queue.takeOne('t1'), null);
        await other.workers.leave(second.id, []);
        assert.equal(await storage.workers.isEngineRunning(), true);
        assert.equal((await storage.queue.takeOne('t2'))?.taskId, 't2');
      }),
    );

    it('keeps what a worker holds that renews, and gives on what one holds that is silent', manyAtATime, () =>
      joined(open, async (storage, { another, lapse }) => {
        assert.ok(another !== null && lapse !== null && storage.workers.leaseMs !== null);
        await storage.tasks.commit([creation('t1')]);
        const other = await another();
        await other.workers.join(second, () => []);
        assert.deepEqual(await other.workers.renew(second.id), { held: true, othersLapsed: false });
        await lapse(worker.id);
        let reported: readonly LostWorker[] = [];
        assert.deepEqual(await other.workers.renew(second.id), { held: true, othersLapsed: true });
        const voidedAt = await other.workers.voidLost(second.id, (lost) => {
          reported = lost;
          return [event('lost', { name: 'worker.lost' })];
        });
        assert.deepEqual(reported, [{ ...worker, tasksHeld: 1 }]);
        assert.equal(voidedAt, (await wholeLog(storage)).at(-1)?.position);
        assert.equal((await commitOne(storage, change('t1', 1)))?.kind, 'lease_lost', 'the silent one is fenced');
        assert.equal((await storage.workers.renew(worker.id)).held, false);
        assert.equal(await storage.workers.voidLost(worker.id, () => []), null);
        const taken = await other.queue.takeDue(Number.MAX_SAFE_INTEGER, 9);
        assert.deepEqual(
          taken.map(({ taskId }) => taskId),
          ['t1'],
        );
        await storage.workers.join(worker, () => []);
        assert.equal((await commitOne(storage, change('t1', 1)))?.kind, 'lease_lost', 'also when it is back');
      }),
    );

    it(
      'renews no lease that has run out, though nobody has noticed: what it held may be unknown to it',
      manyAtATime,
      () =>
        joined(open, async (storage, { lapse }) => {
          assert.ok(lapse !== null);
          await storage.tasks.commit([creation('t1')]);
          await lapse(worker.id);
          assert.equal((await storage.workers.renew(worker.id)).held, false);
          await storage.workers.join(worker, () => []);
          assert.equal((await storage.workers.renew(worker.id)).held, true);
          assert.equal((await commitOne(storage, change('t1', 1)))?.kind, 'lease_lost');
        }),
    );

    it('voids nobody in the name of a worker whose own lease has run out', manyAtATime, () =>
      joined(open, async (storage, { another, lapse }) => {
        assert.ok(another !== null && lapse !== null);
        const other = await another();
        await other.workers.join(second, () => []);
        await lapse();
        assert.equal(await storage.workers.voidLost(worker.id, () => [event('lost', { name: 'worker.lost' })]), null);
        assert.deepEqual(await wholeLog(storage), []);
      }),
    );

    it('makes due what a worker held that joins anew', manyAtATime, () =>
      joined(open, async (storage) => {
        await storage.tasks.commit([creation('t1')]);
        await storage.workers.join(worker, (lost, anew) => {
          assert.deepEqual(lost, []);
          assert.equal(anew, true);
          return [];
        });
        assert.equal((await commitOne(storage, change('t1', 1)))?.kind, 'lease_lost');
        assert.equal((await storage.queue.takeDue(Number.MAX_SAFE_INTEGER, 9)).length, 1);
      }),
    );

    it('names a worker that has joined anew as before when it falls silent', manyAtATime, () =>
      joined(open, async (storage, { another, lapse }) => {
        assert.ok(another !== null && lapse !== null);
        await storage.workers.join(worker, () => []);
        await storage.tasks.commit([creation('t1')]);
        assert.notEqual(await storage.workers.note(worker.id, [event('note')]), null);
        await lapse(worker.id);
        const other = await another();
        let reported: readonly LostWorker[] = [];
        await other.workers.join(second, (lost) => {
          reported = lost;
          return [];
        });
        assert.deepEqual(reported, [{ ...worker, tasksHeld: 1 }]);
        assert.equal((await storage.workers.renew(worker.id)).held, false);
        await storage.workers.join(worker, (lost, anew) => {
          assert.deepEqual([lost, anew], [[], false]);
          return [];
        });
        await storage.workers.leave(worker.id, []);
        await other.workers.leave(second.id, []);
        assert.equal(await other.workers.isEngineRunning(), false);
      }),
    );

    it('writes nothing for a worker whose lease has run out, though nobody has noticed yet', manyAtATime, () =>
      joined(open, async (storage, { lapse }) => {
        assert.ok(lapse !== null);
        await storage.tasks.commit([creation('t1')]);
        await lapse();
        assert.equal((await commitOne(storage, change('t1', 1)))?.kind, 'lease_lost');
      }),
    );
  });
}
