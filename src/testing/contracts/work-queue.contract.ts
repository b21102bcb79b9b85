import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Storage } from '../../execution/storage.ts';
import { change, commitOne, creation, type Has, joined, newTask, type Open, withStorage } from './fixtures.ts';

async function released(
  storage: Storage,
  id: string,
  dueAt: number | null,
  deadlineAt: number | null = null,
): Promise<void> {
  await storage.tasks.commit([creation(id, { release: { dueAt, deadlineAt } })]);
}

export function workQueueContract(storageName: string, open: Open, first: Has['firstAmongEquals']): void {
  const inOrder = first === 'due' ? 'earliest first' : 'first what was released first';
  const sooner = first === 'due' ? 'what was due first' : 'what was released first';
  describe(`WorkQueue on ${storageName}`, () => {
    it(`gives out what is due, ${inOrder} (among equals) and no more than asked`, () =>
      joined(open, async (storage) => {
        await released(storage, 't1', 30);
        await released(storage, 't2', 10);
        await released(storage, 't3', 20);
        await released(storage, 't4', 41);
        const taken = await storage.queue.takeDue(40, 2);
        assert.deepEqual(
          taken.map((task) => task.taskId),
          first === 'due' ? ['t2', 't3'] : ['t1', 't2'],
        );
        assert.deepEqual(
          (await storage.queue.takeDue(40, 9)).map((task) => task.taskId),
          first === 'due' ? ['t1'] : ['t3'],
        );
        assert.deepEqual(await storage.queue.takeDue(40, 9), []);
        assert.equal(await storage.queue.nextAt(), 41, 'what is not due stays');
      }));

    it(`gives out the highest priority first, and among equals ${sooner}`, () =>
      joined(open, async (storage) => {
        for (const [id, priority, dueAt] of [
          ['low', -5, 1],
          ['later', 7, 30],
          ['default', 0, 2],
          ['sooner', 7, 20],
          ['not due', 100, 99],
        ] as const) {
          const release = { dueAt, deadlineAt: null };
          await storage.tasks.commit([creation(id, { create: newTask(id, { priority }), release })]);
        }
        const taken = [...(await storage.queue.takeDue(40, 3)), ...(await storage.queue.takeDue(40, 9))];
        assert.deepEqual(
          taken.map((task) => task.taskId),
          [...(first === 'due' ? ['sooner', 'later'] : ['later', 'sooner']), 'default', 'low'],
        );
        assert.equal(await storage.queue.nextAt(), 99);
      }));

    it('gives out tasks of the namespaces that are asked for alone, due or overdue', () =>
      joined(open, async (storage) => {
        for (const [id, namespace] of [
          ['t1', 'shop'],
          ['t2', 'billing'],
          ['t3', 'mail & more'],
        ] as const) {
          const release = { dueAt: 1, deadlineAt: 1 };
          await storage.tasks.commit([creation(id, { create: newTask(id, { namespace }), release })]);
        }
        const among = ['billing', 'mail & more', 'nobody'];
        assert.deepEqual(
          (await storage.queue.takeOverdue(9, 1, ['billing'])).map((task) => task.taskId),
          ['t2'],
        );
        assert.deepEqual(
          (await storage.queue.takeDue(9, 9, among)).map((task) => task.taskId),
          ['t3'],
        );
        assert.deepEqual(await storage.queue.takeDue(9, 9, among), []);
        assert.deepEqual(
          (await storage.queue.takeDue(9, 9)).map((task) => task.taskId),
          ['t1'],
        );
      }));

    it('gives out nothing when nothing is asked for', () =>
      joined(open, async (storage) => {
        await released(storage, 't1', 1);
        assert.deepEqual(await storage.queue.takeDue(9, 0), []);
        assert.equal(await storage.queue.nextAt(), 1);
      }));

    it('gives out overdue tasks by their deadline, due or not', () =>
      joined(open, async (storage) => {
        await released(storage, 't1', null, 20);
        await released(storage, 't2', 99, 10);
        await released(storage, 't3', 1, null);
        assert.deepEqual(
          (await storage.queue.takeOverdue(15, 9)).map((task) => task.taskId),
          ['t2'],
        );
        assert.deepEqual(
          (await storage.queue.takeOverdue(20, 9)).map((task) => task.taskId),
          ['t1'],
        );
      }));

    it('lets the taker write, and nobody who held it before', () =>
      joined(open, async (storage) => {
        await storage.tasks.commit([creation('t1')]);
        await storage.tasks.commit([change('t1', 1, { release: { dueAt: 1, deadlineAt: null } })]);
        const [taken] = await storage.queue.takeDue(1, 1);
        assert.ok(taken !== undefined && taken.lease > 1);
        assert.equal((await commitOne(storage, change('t1', 1)))?.kind, 'lease_lost');
        assert.equal((await commitOne(storage, change('t1', taken.lease)))?.kind, 'committed');
      }));

    it('never gives out a held task, whatever was due when it was taken', () =>
      joined(open, async (storage) => {
        await released(storage, 't1', 1, 1);
        await storage.queue.takeOne('t1');
        assert.deepEqual(await storage.queue.takeDue(9, 9), []);
        assert.deepEqual(await storage.queue.takeOverdue(9, 9), []);
        assert.equal(await storage.queue.nextAt(), null);
      }));

    it('takes one task that is not due', () =>
      joined(open, async (storage) => {
        await released(storage, 't1', null);
        const taken = await storage.queue.takeOne('t1');
        assert.equal(taken?.taskId, 't1');
        assert.equal((await commitOne(storage, change('t1', taken?.lease ?? -1)))?.kind, 'committed');
      }));

    it('takes no task that is held, not even for the engine that holds it', () =>
      joined(open, async (storage) => {
        await storage.tasks.commit([creation('t1')]);
        assert.equal(await storage.queue.takeOne('t1'), null);
        assert.equal((await commitOne(storage, change('t1', 1)))?.kind, 'committed', 'its lease is as it was');
      }));

    it('takes no task that does not exist', () =>
      joined(open, async (storage) => assert.equal(await storage.queue.takeOne('t1'), null)));

    it('says when the next task wants attention', () =>
      joined(open, async (storage) => {
        assert.equal(await storage.queue.nextAt(), null);
        await released(storage, 't1', 50, 70);
        assert.equal(await storage.queue.nextAt(), 50);
        await released(storage, 't2', null, 30);
        assert.equal(await storage.queue.nextAt(), 30);
        await storage.queue.takeOverdue(30, 1);
        assert.equal(await storage.queue.nextAt(), 50);
      }));

    it('gives no work to a process that has not joined', () =>
      withStorage(open, async (storage) => {
        await released(storage, 't1', 1);
        await assert.rejects(storage.queue.takeDue(9, 1), { code: 'TASKER_ENGINE_NOT_RUNNING' });
        await assert.rejects(storage.queue.takeOne('t1'), { code: 'TASKER_ENGINE_NOT_RUNNING' });
      }));
  });
}
