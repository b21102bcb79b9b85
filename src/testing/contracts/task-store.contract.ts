import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  change,
  commitOne,
  creation,
  event,
  joined,
  newTask,
  type Open,
  stepState,
  taskState,
  wholeLog,
  withStorage,
} from './fixtures.ts';

export function taskStoreContract(storageName: string, open: Open): void {
  describe(`TaskStore on ${storageName}`, () => {
    it('gives back a created task as it was written', () =>
      joined(open, async (storage) => {
        const written = creation('t1', {
          create: newTask('t1', { idempotencyKey: 'k', parentSpanId: 'aaaaaaaaaaaaaaaa', slaDeadlineAt: 46_000 }),
          task: taskState({ slaDeadlineAt: 46_000 }),
        });
        assert.deepEqual(await storage.tasks.commit([written]), [{ kind: 'committed', firstPosition: null }]);
        const stored = await storage.tasks.load('t1');
        assert.deepEqual(stored?.task, written.create);
        assert.deepEqual(stored?.state, { ...written.task, steps: written.steps.map((row) => row.state) });
        assert.deepEqual(stored?.results, new Map());
        assert.deepEqual(stored?.lastEventIds, new Map());
        assert.deepEqual(stored?.annotations, []);
      }));

    it('knows nothing of a task that was never written', () =>
      joined(open, async (storage) => assert.equal(await storage.tasks.load('t1'), null)));

    it('keeps steps in the order of their creation, not of their names', () =>
      joined(open, async (storage) => {
        await storage.tasks.commit([
          creation('t1', { steps: ['z', 'a', 'm'].map((name) => ({ state: stepState(name) })) }),
        ]);
        assert.deepEqual(
          (await storage.tasks.load('t1'))?.state.steps.map((step) => step.name),
          ['z', 'a', 'm'],
        );
      }));

    it('writes the results it is given and keeps those it has', () =>
      joined(open, async (storage) => {
        await storage.tasks.commit([creation('t1')]);
        await storage.tasks.commit([
          change('t1', 1, { steps: [{ state: stepState('a', { attempts: 1 }), results: '{"x":1}' }] }),
        ]);
        await storage.tasks.commit([
          change('t1', 1, { steps: [{ state: stepState('a', { status: 'complete', attempts: 1 }) }] }),
        ]);
        const stored = await storage.tasks.load('t1');
        assert.deepEqual(stored?.results, new Map([['a', '{"x":1}']]));
        assert.equal(stored?.state.steps[0]?.status, 'complete');
      }));

    it('keeps times that are not whole milliseconds', () =>
      joined(open, async (storage) => {
        await storage.tasks.commit([creation('t1', { task: taskState({ startedAt: 1_000.25 }) })]);
        assert.equal((await storage.tasks.load('t1'))?.state.startedAt, 1_000.25);
      }));

    it('names the latest event of each step and of the task itself', () =>
      joined(open, async (storage) => {
        await storage.tasks.commit([
          creation('t1', {
            events: [event('e1', { taskId: 't1' }), event('e2', { taskId: 't1', step: 'a', attempt: 1 })],
          }),
          creation('t2', { events: [event('e3', { taskId: 't2' })] }),
        ]);
        await storage.tasks.commit([
          change('t1', 1, { events: [event('e4', { taskId: 't1' }), event('e5', { taskId: 't1', step: 'b' })] }),
        ]);
        const stored = await storage.tasks.load('t1');
        assert.deepEqual(
          stored?.lastEventIds,
          new Map([
            ['', 'e4'],
            ['a', 'e2'],
            ['b', 'e5'],
          ]),
        );
      }));

    it("keeps a task's annotations as they were written, in that order, and no other task's", () =>
      joined(open, async (storage) => {
        const one = { at: 5, by: 'ada', step: null, attempt: null, key: 'ticket', value: '{"id":"ü"}' };
        const two = { at: 4, by: null, step: 'a', attempt: 2, key: 'ticket', value: 'null' };
        await storage.tasks.commit([creation('t1'), creation('t2', { annotations: [{ ...one, key: 'other' }] })]);
        await storage.tasks.commit([change('t1', 1, { annotations: [one] })]);
        await storage.tasks.commit([change('t1', 1, { annotations: [two, one] })]);
        assert.deepEqual((await storage.tasks.load('t1'))?.annotations, [one, two, one]);
        assert.deepEqual((await storage.reader.get('t1'))?.annotations, [one, two, one]);
      }));

    it('refuses a change under an old lease and leaves no trace of it', () =>
      joined(open, async (storage) => {
        await storage.tasks.commit([creation('t1')]);
        await storage.tasks.commit([change('t1', 1, { release: { dueAt: null, deadlineAt: null } })]);
        await storage.queue.takeOne('t1');
        const late = change('t1', 1, {
          steps: [{ state: stepState('a', { attempts: 9 }) }],
          events: [event('late', { taskId: 't1' })],
          annotations: [{ at: 1, by: null, step: 'a', attempt: 9, key: 'late', value: '1' }],
        });
        assert.deepEqual(await storage.tasks.commit([late]), [{ kind: 'lease_lost' }]);
        const stored = await storage.tasks.load('t1');
        assert.equal(stored?.state.steps[0]?.attempts, 0);
        assert.deepEqual(stored?.annotations, []);
        assert.deepEqual(await wholeLog(storage), []);
      }));

    for (const [form, given] of [
      ['of steps only', {}],
      ["of the task's columns", { task: taskState({ status: 'error' }) }],
      ['that only gives the task back', { release: { dueAt: 1, deadlineAt: null } }],
      [
        'of columns that gives the task back',
        { task: taskState({ status: 'error' }), release: { dueAt: 1, deadlineAt: null } },
      ],
    ] as const) {
      it(`checks the lease of a change ${form}`, () =>
        joined(open, async (storage) => {
          await storage.tasks.commit([creation('t1')]);
          assert.equal((await commitOne(storage, change('t1', 2, given)))?.kind, 'lease_lost');
          assert.equal((await commitOne(storage, change('unknown', 1, given)))?.kind, 'lease_lost');
          assert.equal((await storage.tasks.load('t1'))?.state.status, 'pending');
          assert.equal((await commitOne(storage, change('t1', 1, given)))?.kind, 'committed');
        }));
    }

    it('refuses a change of a task that has been given back', () =>
      joined(open, async (storage) => {
        await storage.tasks.commit([creation('t1')]);
        await storage.tasks.commit([change('t1', 1, { release: { dueAt: null, deadlineAt: null } })]);
        assert.equal((await commitOne(storage, change('t1', 1)))?.kind, 'lease_lost');
      }));

    it('returns the earlier task of the same namespace, name and idempotency key', () =>
      joined(open, async (storage) => {
        const keyed = (id: string, name: string) =>
          creation(id, { create: newTask(id, { name, idempotencyKey: 'order-1' }), events: [event(`of-${id}`)] });
        assert.deepEqual(
          await storage.tasks.commit([keyed('t1', 'checkout'), keyed('t2', 'checkout'), keyed('t3', 'refund')]),
          [
            { kind: 'committed', firstPosition: 1 },
            { kind: 'duplicate', taskId: 't1' },
            { kind: 'committed', firstPosition: 2 },
          ],
        );
        assert.deepEqual(await commitOne(storage, keyed('t4', 'checkout')), { kind: 'duplicate', taskId: 't1' });
        assert.equal(await storage.tasks.load('t2'), null);
        assert.deepEqual(
          (await wholeLog(storage)).map((one) => one.id),
          ['of-t1', 'of-t3'],
        );
      }));

    it('tells where in the log the events of each change went', () =>
      joined(open, async (storage) => {
        const named = (...ids: string[]) => ({ events: ids.map((id) => event(id, { taskId: 't1' })) });
        await storage.tasks.commit([creation('t1', named('e1'))]);
        const results = await storage.tasks.commit([
          change('t1', 1, named('e2', 'e3', 'e4')),
          change('t1', 9, named('refused')),
          change('t1', 1),
          change('t1', 1, named('e5')),
        ]);
        const positions = new Map((await wholeLog(storage)).map(({ id, position }) => [id, position]));
        assert.deepEqual(results, [
          { kind: 'committed', firstPosition: positions.get('e2') },
          { kind: 'lease_lost' },
          { kind: 'committed', firstPosition: null },
          { kind: 'committed', firstPosition: positions.get('e5') },
        ]);
        assert.equal(positions.get('e4'), (positions.get('e2') ?? 0) + 2);
      }));

    it('lets the others through when one change of a batch cannot be written', () =>
      joined(open, async (storage) => {
        await storage.tasks.commit([creation('t1')]);
        const results = await storage.tasks.commit([
          creation('t2', { events: [event('e1', { taskId: 't2' })] }),
          creation('t1', { events: [event('e2', { taskId: 't1' })] }),
          change('t1', 1, {
            task: taskState({ status: 'error' }),
            steps: [{ state: stepState('no such step') }],
            events: [event('e3')],
          }),
          change('t1', 1, { events: [event('e4', { taskId: 't1' })] }),
        ]);
        assert.deepEqual(
          results.map((result) => result.kind),
          ['committed', 'failed', 'failed', 'committed'],
        );
        for (const result of results) if (result.kind === 'failed') assert.equal(result.error.code, 'TASKER_INTERNAL');
        assert.equal((await storage.tasks.load('t1'))?.state.status, 'pending');
        assert.deepEqual(
          (await wholeLog(storage)).map(({ id, position }) => [id, position]),
          [
            ['e1', 1],
            ['e4', 2],
          ],
        );
      }));

    it('gives events their positions in the order of the batch', () =>
      joined(open, async (storage) => {
        await storage.tasks.commit([
          creation('t1', { events: [event('e1'), event('e2')] }),
          creation('t2', { events: [event('e3')] }),
        ]);
        await storage.tasks.commit([creation('t3', { events: [event('e4')] })]);
        assert.deepEqual(
          (await wholeLog(storage)).map(({ id, position }) => [id, position]),
          [
            ['e1', 1],
            ['e2', 2],
            ['e3', 3],
            ['e4', 4],
          ],
        );
      }));

    it('marks the commands that a change carries out, and no others', () =>
      joined(open, async (storage) => {
        const command = { kind: 'run', taskId: null, body: {}, requestedAt: 1 } as const;
        for (const id of ['c1', 'c2', 'c3']) await storage.commands.submit({ id, ...command });
        await storage.tasks.commit([creation('t1', { commands: ['c1', 'c2'] }), change('t1', 7, { commands: ['c3'] })]);
        assert.deepEqual(await storage.commands.outcome('c1'), { kind: 'applied', taskId: 't1' });
        assert.deepEqual(await storage.commands.outcome('c2'), { kind: 'applied', taskId: 't1' });
        assert.equal(await storage.commands.outcome('c3'), null);
      }));

    it('takes an empty batch', () =>
      joined(open, async (storage) => assert.deepEqual(await storage.tasks.commit([]), [])));

    it('creates tasks for others, but leases none, while no engine has joined', () =>
      withStorage(open, async (storage) => {
        const results = await storage.tasks.commit([
          creation('t1'),
          creation('t2', { release: { dueAt: 5, deadlineAt: null } }),
        ]);
        assert.deepEqual(
          results.map((result) => result.kind),
          ['lease_lost', 'committed'],
        );
        assert.equal(await storage.tasks.load('t1'), null);
        assert.equal(await storage.queue.nextAt(), 5);
      }));
  });
}
