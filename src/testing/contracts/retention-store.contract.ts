import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Storage } from '../../execution/storage.ts';
import type { RemovalQuery } from '../../log/retention-store.ts';
import type { Progress } from '../../subscribers/subscriber-store.ts';
import type { Status } from '../../tasks/states.ts';
import { change, creation, event, joined, newTask, type Open, taskState, wholeLog, withStorage } from './fixtures.ts';

// Ids rise with time, as the engine's do: this one was created in 1970.
const idOf = (number: number): string => `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;
const anyTime = 1_000_000;

const query = (given: Partial<RemovalQuery> = {}): RemovalQuery => ({
  before: anyTime,
  unreadBefore: 0,
  readUpTo: Number.MAX_SAFE_INTEGER,
  cursor: null,
  limit: 100,
  ...given,
});

async function create(storage: Storage, number: number, status: Status, endedAt: number | null = 1000): Promise<void> {
  const id = idOf(number);
  const created = creation(id, {
    create: newTask(id),
    task: taskState({ status, endedAt }),
    events: [event(`e${number}`, { taskId: id, occurredAt: 1000 })],
    release: { dueAt: null, deadlineAt: null },
  });
  assert.equal((await storage.tasks.commit([created]))[0]?.kind, 'committed');
}

/** A subscriber that has set these events aside. */
async function park(storage: Storage, subscriber: string, events: readonly (readonly [number, string | null])[]) {
  const checkpoint = events.length === 0 ? 0 : Math.max(...events.map(([position]) => position));
  const error = { type: 'Error', message: 'no', stack: null };
  const kept = { eventName: 'x', attempts: 1, parkedAt: 1000, error };
  const advance: Progress = {
    kind: 'advance',
    subscriber,
    generation: 1,
    from: 0,
    to: checkpoint,
    countsFrom: null,
    park: events.map(([position, taskId]) => ({ ...kept, position, taskId })),
    unpark: [],
    events: [],
  };
  const register: Progress = { kind: 'register', subscriber, checkpoint: 0, state: null };
  const { progress } = await storage.commitGroup([], [register, advance]);
  assert.deepEqual(
    progress.map(({ kind }) => kind),
    ['saved', 'saved'],
  );
}

const stillParked = async (storage: Storage): Promise<readonly string[]> =>
  (await storage.subscribers.parked({ limit: 100 })).map(({ subscriber, position }) => `${subscriber} ${position}`);

async function left(storage: Storage, numbers: readonly number[]): Promise<readonly number[]> {
  const found = await Promise.all(
    numbers.map(async (number) => [number, await storage.tasks.load(idOf(number))] as const),
  );
  return found.flatMap(([number, stored]) => (stored === null ? [] : [number]));
}

async function sweep(storage: Storage, given: Partial<RemovalQuery> = {}): Promise<{ tasks: number; batches: number }> {
  let tasks = 0;
  let batches = 0;
  for (let cursor: string | null = null; ;) {
    const batch = await storage.retention.removeBatch(query({ ...given, cursor }), () => []);
    tasks += batch.tasks;
    batches += 1;
    cursor = batch.cursor;
    if (cursor === null) return { tasks, batches };
  }
}

export function retentionStoreContract(storageName: string, open: Open): void {
  describe(`RetentionStore on ${storageName}`, () => {
    it('removes what has ended, whole, and leaves what is open or waits for an operator', () =>
      joined(open, async (storage) => {
        await create(storage, 1, 'complete');
        await create(storage, 2, 'cancelled');
        await create(storage, 3, 'resolved_manually');
        await create(storage, 4, 'error');
        await create(storage, 5, 'in_progress', null);
        assert.equal((await sweep(storage)).tasks, 3);
        assert.deepEqual(await left(storage, [1, 2, 3, 4, 5]), [4, 5]);
        assert.deepEqual(
          (await wholeLog(storage)).map(({ id }) => id),
          ['e4', 'e5'],
        );
        assert.equal(await storage.retention.removedUpTo(), 3);
      }));

    it('leaves nothing of a removed task to one that is given its id', () =>
      joined(open, async (storage) => {
        await create(storage, 1, 'complete');
        await create(storage, 2, 'error');
        const lease = (await storage.queue.takeOne(idOf(1)))?.lease ?? 0;
        const note = { at: 1, by: 'ada', step: null, attempt: null, key: 'k', value: '1' };
        const given = { annotations: [note], release: { dueAt: null, deadlineAt: null } };
        assert.equal((await storage.tasks.commit([change(idOf(1), lease, given)]))[0]?.kind, 'committed');
        assert.deepEqual((await storage.tasks.load(idOf(1)))?.annotations, [note]);
        assert.equal((await sweep(storage)).tasks, 1);
        await create(storage, 1, 'complete');
        assert.deepEqual((await storage.tasks.load(idOf(1)))?.annotations, []);
      }));

    it('keeps what ended later, what is not read yet, and the last event with its task', () =>
      joined(open, async (storage) => {
        await create(storage, 1, 'complete');
        await create(storage, 2, 'complete', anyTime + 1);
        await create(storage, 3, 'complete');
        await create(storage, 4, 'complete');
        assert.equal((await sweep(storage, { readUpTo: 2 })).tasks, 1);
        assert.deepEqual(await left(storage, [1, 2, 3, 4]), [2, 3, 4]);
        assert.equal((await sweep(storage)).tasks, 1);
        assert.deepEqual(await left(storage, [2, 3, 4]), [2, 4]);
      }));

    it('removes the unread when its time is up, and says up to where, with the facts in the same transaction', () =>
      joined(open, async (storage) => {
        await create(storage, 1, 'complete');
        await create(storage, 2, 'error');
        const batch = await storage.retention.removeBatch(
          query({ readUpTo: 0, unreadBefore: anyTime }),
          ({ tasks, events, unreadUpTo }) => [event('gap', { taskId: null, step: `${tasks} ${events} ${unreadUpTo}` })],
        );
        assert.equal(batch.firstPosition, 3);
        assert.equal((await wholeLog(storage)).at(-1)?.step, '1 1 1');
      }));

    it('goes through everything in batches', () =>
      joined(open, async (storage) => {
        for (let number = 1; number <= 25; number += 1) await create(storage, number, 'complete');
        await create(storage, 26, 'error');
        const { tasks, batches } = await sweep(storage, { limit: 10 });
        assert.deepEqual([tasks, batches], [25, 5]);
      }));

    it('removes old events of no task', () =>
      joined(open, async (storage) => {
        await storage.workers.note('worker-1', [event('old', { taskId: null, occurredAt: 10 })]);
        await storage.workers.note('worker-1', [event('new', { taskId: null, occurredAt: anyTime + 1 })]);
        await create(storage, 1, 'error');
        await sweep(storage);
        assert.deepEqual(
          (await wholeLog(storage)).map(({ id }) => id),
          ['new', 'e1'],
        );
      }));

    it('removes all old events of no task, however many', () =>
      joined(open, async (storage) => {
        const old = Array.from({ length: 2500 }, (_, index) => event(`old-${index}`, { taskId: null, occurredAt: 10 }));
        await storage.workers.note('worker-1', old);
        await create(storage, 1, 'error');
        await sweep(storage);
        assert.deepEqual(
          (await wholeLog(storage)).map(({ id }) => id),
          ['e1'],
        );
      }));

    it('keeps what is parked like what is not read: its task, or the event if it belongs to none', () =>
      joined(open, async (storage) => {
        for (const id of ['n1', 'n2', 'n3'])
          await storage.workers.note('worker-1', [event(id, { taskId: null, occurredAt: 1000 })]);
        for (const number of [4, 5, 6]) await create(storage, number, 'complete');
        await create(storage, 7, 'error');
        await park(storage, 'audit', [
          [2, null],
          [5, idOf(5)],
        ]);
        await sweep(storage);
        assert.deepEqual(
          (await wholeLog(storage)).map(({ id }) => id),
          ['n2', 'e5', 'e7'],
        );
        assert.deepEqual(await stillParked(storage), ['audit 2', 'audit 5']);
      }));

    it('removes what is parked when its time is up, and tells whose it was', () =>
      joined(open, async (storage) => {
        for (const id of ['n1', 'n2'])
          await storage.workers.note('worker-1', [event(id, { taskId: null, occurredAt: 1000 })]);
        for (const number of [3, 4, 5]) await create(storage, number, 'complete');
        await create(storage, 6, 'error');
        await park(storage, 'audit', [
          [1, null],
          [4, idOf(4)],
        ]);
        await park(storage, 'sales', [
          [3, idOf(3)],
          [4, idOf(4)],
          [6, idOf(6)],
        ]);
        const removed = await storage.retention.removeBatch(query({ unreadBefore: anyTime }), ({ parked, ...rest }) => {
          assert.deepEqual(rest, { tasks: 3, events: 5, unreadUpTo: null });
          assert.deepEqual(parked, [
            { subscriber: 'audit', events: 2, tasks: 1, upTo: 4 },
            { subscriber: 'sales', events: 2, tasks: 2, upTo: 4 },
          ]);
          return [event('gap', { taskId: null })];
        });
        assert.equal(removed.firstPosition, 7);
        assert.deepEqual(await stillParked(storage), ['sales 6'], 'what waits for an operator stays');
      }));

    it('removes old commands that were answered, and no others', () =>
      joined(open, async (storage) => {
        for (const [id, requestedAt] of [
          ['old', 10],
          ['unanswered', 10],
          ['new', anyTime + 1],
        ] as const) {
          await storage.commands.submit({ id, kind: 'cancel', taskId: 't1', body: {}, requestedAt });
          if (id !== 'unanswered') await storage.commands.settle(id, { kind: 'applied', taskId: 't1' });
        }
        await sweep(storage);
        assert.equal(await storage.commands.outcome('old'), null);
        assert.notEqual(await storage.commands.outcome('new'), null);
        assert.deepEqual(
          (await storage.commands.pending(9)).map(({ id }) => id),
          ['unanswered'],
        );
      }));

    it('does nothing for one that is not the engine', () =>
      withStorage(open, async (storage) => {
        assert.deepEqual(await sweep(storage), { tasks: 0, batches: 1 });
      }));
  });
}
