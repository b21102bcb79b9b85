import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Storage } from '../../execution/storage.ts';
import type { TaskFilter } from '../../execution/task-reader.ts';
import { uuidV7Floor } from '../../shared/ids.ts';
import { change, creation, event, joined, newTask, type Open, stepState, taskState } from './fixtures.ts';

/** An id as the engine makes it: ids sort by the time of creation. */
function idAt(ms: number): string {
  return uuidV7Floor(ms);
}

async function createAt(storage: Storage, ms: number, given: Parameters<typeof newTask>[1] = {}): Promise<string> {
  const id = idAt(ms);
  const create = newTask(id, { createdAt: ms, ...given });
  await storage.tasks.commit([creation(id, { create, task: taskState({ createdAt: ms }) })]);
  return id;
}

async function listed(storage: Storage, filter: TaskFilter): Promise<readonly string[]> {
  return (await storage.reader.list({ filter, limit: 100 })).tasks.map((task) => task.id);
}

export function taskReaderContract(storageName: string, open: Open): void {
  describe(`TaskReader on ${storageName}`, () => {
    it('lists nothing in an empty storage', () =>
      joined(open, async (storage) =>
        assert.deepEqual(await storage.reader.list({ limit: 5 }), { tasks: [], next: null }),
      ));

    it('lists tasks newest first, page by page', () =>
      joined(open, async (storage) => {
        const ids: string[] = [];
        for (let ms = 1; ms <= 5; ms += 1) ids.unshift(await createAt(storage, ms * 1_000));
        const seen: string[][] = [];
        let before: string | null = null;
        do {
          const page = await storage.reader.list(before === null ? { limit: 2 } : { limit: 2, before });
          seen.push(page.tasks.map((task) => task.id));
          before = page.next;
        } while (before !== null);
        assert.deepEqual(seen, [ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
      }));

    it('says that a full last page is the last', () =>
      joined(open, async (storage) => {
        await createAt(storage, 1_000);
        await createAt(storage, 2_000);
        assert.equal((await storage.reader.list({ limit: 2 })).next, null);
      }));

    it('sums a task up', () =>
      joined(open, async (storage) => {
        const id = idAt(1_000);
        const steps = (['complete', 'resolved_manually', 'error', 'in_progress', 'pending', 'cancelled'] as const).map(
          (status) => ({
            state: stepState(`step ${status}`, { status }),
          }),
        );
        const state = taskState({ status: 'in_progress', startedAt: 1_001, slaBreachedAt: 1_002, parked: 'odd' });
        await storage.tasks.commit([creation(id, { task: state, steps })]);
        assert.deepEqual((await storage.reader.list({ limit: 1 })).tasks, [
          {
            id,
            namespace: 'shop',
            name: 'checkout',
            version: '1.0.0',
            status: 'in_progress',
            correlationId: `correlation-${id}`,
            createdAt: 1_000,
            startAt: null,
            priority: 0,
            startedAt: 1_001,
            endedAt: null,
            slaBreachedAt: 1_002,
            parked: 'odd',
            steps: { total: 6, done: 2, failed: 1, running: 1 },
          },
        ]);
      }));

    it('finds nothing under a name with a NUL in it, wherever that is asked for', () =>
      joined(open, async (storage) => {
        const nul = 'a\0b';
        await storage.tasks.commit([creation('a')]);
        assert.equal(await storage.reader.get(nul), null);
        assert.equal(await storage.tasks.load(nul), null);
        assert.deepEqual(await storage.reader.errors(nul), []);
        for (const filter of [{ namespace: nul }, { name: nul }, { correlationId: nul }])
          assert.deepEqual(await listed(storage, filter), []);
        assert.deepEqual((await storage.reader.list({ before: nul, limit: 9 })).next, null);
        assert.equal(await storage.queue.takeOne(nul), null);
        assert.deepEqual(await storage.queue.takeDue(Number.MAX_SAFE_INTEGER, 9, [nul]), []);
        assert.deepEqual((await storage.log.read({ after: 0, limit: 9, filter: { taskId: nul } })).events, []);
        assert.deepEqual((await storage.log.read({ after: 0, limit: 9, filter: { names: [nul] } })).events, []);
        assert.equal(await storage.templates.load(nul), null);
        assert.equal(await storage.templates.latestId(nul, nul, nul), null);
        assert.equal(await storage.subscribers.load(nul), null);
        assert.equal(await storage.commands.outcome(nul), null);
        const asked = { id: 'c', kind: 'cancel', taskId: nul, body: { by: nul }, requestedAt: 1 } as const;
        await storage.commands.submit(asked);
        assert.deepEqual(
          (await storage.commands.pending(9)).map(({ id, body }) => [id, body]),
          [['c', asked.body]],
        );
      }));

    it('filters by each criterion and by all at once', () =>
      joined(open, async (storage) => {
        const day = 86_400_000;
        const first = await createAt(storage, day, { namespace: 'shop', name: 'refund', correlationId: 'x' });
        const second = await createAt(storage, 2 * day, { namespace: 'bank', name: 'refund', correlationId: 'x' });
        const third = await createAt(storage, 3 * day, { namespace: 'shop', name: 'checkout', correlationId: 'y' });
        await storage.tasks.commit([change(first, 1, { task: taskState({ createdAt: day, status: 'error' }) })]);
        assert.deepEqual(await listed(storage, {}), [third, second, first]);
        assert.deepEqual(await listed(storage, { status: 'error' }), [first]);
        assert.deepEqual(await listed(storage, { namespace: 'shop' }), [third, first]);
        assert.deepEqual(await listed(storage, { name: 'refund' }), [second, first]);
        assert.deepEqual(await listed(storage, { correlationId: 'x' }), [second, first]);
        assert.deepEqual(await listed(storage, { sinceMs: 2 * day }), [third, second]);
        assert.deepEqual(await listed(storage, { sinceMs: 2 * day + 1 }), [third]);
        const all = { status: 'error', namespace: 'shop', name: 'refund', correlationId: 'x', sinceMs: day } as const;
        assert.deepEqual(await listed(storage, all), [first]);
        assert.deepEqual(await listed(storage, { ...all, status: 'complete' }), []);
      }));

    it('counts every status, those without tasks too', () =>
      joined(open, async (storage) => {
        await createAt(storage, 1_000);
        await createAt(storage, 2_000);
        await storage.tasks.commit([change(idAt(1_000), 1, { task: taskState({ status: 'complete' }) })]);
        const counts = { pending: 1, in_progress: 0, complete: 1, error: 0, cancelled: 0, resolved_manually: 0 };
        assert.deepEqual(await storage.reader.countByStatus(), counts);
      }));

    it('reads a whole task as the engine does', () =>
      joined(open, async (storage) => {
        const failure = { attempt: 1, cause: 'error', final: 'no', error: { type: 'TypeError', code: 'E1' } } as const;
        await storage.tasks.commit([
          creation('t1', {
            steps: [{ state: stepState('a', { failure }) }, { state: stepState('b'), results: '{"ok":true}' }],
            events: [event('e1', { taskId: 't1' })],
          }),
        ]);
        const read = await storage.reader.get('t1');
        assert.deepEqual(read, await storage.tasks.load('t1'));
        assert.deepEqual(read?.results, new Map([['b', '{"ok":true}']]));
        assert.equal(await storage.reader.get('t2'), null);
      }));

    it('tells the errors of a task in the order in which they happened', () =>
      joined(open, async (storage) => {
        const error = (step: string, attempt: number) => ({
          step,
          attempt,
          type: 'Error',
          message: 'connect ECONNREFUSED',
          stack: attempt === 1 ? 'at x' : null,
        });
        await storage.tasks.commit([
          creation('t1', { errors: [error('b', 1)] }),
          creation('t2', { errors: [error('a', 1)] }),
        ]);
        await storage.tasks.commit([change('t1', 1, { errors: [error('a', 1), error('b', 2)] })]);
        assert.deepEqual(await storage.reader.errors('t1'), [error('b', 1), error('a', 1), error('b', 2)]);
        assert.deepEqual(await storage.reader.errors('t3'), []);
      }));

    it('sees at once what has been confirmed', () =>
      joined(open, async (storage) => {
        await storage.reader.countByStatus();
        for (let index = 1; index <= 20; index += 1) {
          await storage.tasks.commit([creation(`t${index}`)]);
          assert.equal((await storage.reader.countByStatus()).pending, index);
        }
      }));
  });
}
