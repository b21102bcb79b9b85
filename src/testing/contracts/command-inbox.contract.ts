import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { StoredCommand } from '../../execution/command-inbox.ts';
import { oneConnectionOnly, type Open, withStorage } from './fixtures.ts';

function command(id: string, given: Partial<StoredCommand> = {}): StoredCommand {
  return {
    id,
    kind: 'cancel',
    taskId: 't1',
    body: { by: 'ada', nested: { why: ['x', null, 1.5] } },
    requestedAt: 1_000,
    ...given,
  };
}

export function commandInboxContract(storageName: string, open: Open, hasAnother: boolean): void {
  const needsAnother = hasAnother ? {} : { skip: oneConnectionOnly };
  describe(`CommandInbox on ${storageName}`, () => {
    it('gives back what was submitted, oldest first and no more than asked', () =>
      withStorage(open, async (storage) => {
        const [one, two, three] = [
          command('z'),
          command('a', { kind: 'run', taskId: null }),
          command('m', { requestedAt: 1 }),
        ];
        for (const each of [one, two, three]) await storage.commands.submit(each);
        assert.deepEqual(await storage.commands.pending(2), [one, two]);
        assert.deepEqual(await storage.commands.pending(9), [one, two, three]);
        assert.deepEqual(await storage.commands.pending(1, undefined, one.id), [two]);
        await storage.commands.settle(one.id, { kind: 'applied', taskId: 't1' });
        assert.deepEqual(await storage.commands.pending(9, undefined, one.id), [two, three]);
        assert.deepEqual(await storage.commands.pending(9, ['t1'], two.id), [three]);
        assert.deepEqual(await storage.commands.pending(9, undefined, 'nobody'), [two, three]);
        assert.deepEqual(await storage.commands.pending(9, undefined, three.id), []);
      }));

    it('settles a command once', () =>
      withStorage(open, async (storage) => {
        await storage.commands.submit(command('c1'));
        assert.equal(await storage.commands.outcome('c1'), null);
        const refused = { kind: 'refused', code: 'TASKER_TASK_NOT_FOUND', message: 'no such task' } as const;
        await storage.commands.settle('c1', refused);
        await storage.commands.settle('c1', { kind: 'applied', taskId: 't1' });
        assert.deepEqual(await storage.commands.outcome('c1'), refused);
        assert.deepEqual(await storage.commands.pending(9), []);
      }));

    it('gives only what concerns some tasks, and runs whose sender waits, however much lies before it', () =>
      withStorage(open, async (storage) => {
        for (let n = 0; n < 5; n += 1) await storage.commands.submit(command(`other-${n}`, { taskId: 'other' }));
        const left = command('left', { kind: 'run', taskId: null });
        const awaited = command('awaited', { kind: 'run', taskId: null });
        const own = command('own');
        for (const each of [left, awaited, own, command('nobodys', { kind: 'replay', taskId: null })])
          await storage.commands.submit(each);
        assert.equal(await storage.commands.leave('left'), null);
        assert.deepEqual(await storage.commands.pending(3, ['t1']), [awaited, own]);
        assert.deepEqual(await storage.commands.pending(3, []), [awaited]);
        await storage.commands.awaitAgain('left');
        assert.deepEqual(await storage.commands.pending(3, []), [left, awaited]);
      }));

    it('refuses what is awaited, and keeps what its sender has left', () =>
      withStorage(open, async (storage) => {
        for (const id of ['left', 'awaited']) await storage.commands.submit(command(id, { kind: 'run', taskId: null }));
        const refused = { kind: 'refused', code: 'TASKER_ENGINE_OCCUPIED', message: 'later' } as const;
        await storage.commands.leave('left');
        for (const id of ['left', 'awaited']) await storage.commands.refuseAwaited(id, refused.code, refused.message);
        assert.equal(await storage.commands.outcome('left'), null);
        assert.deepEqual(await storage.commands.leave('awaited'), refused);
        const applied = { kind: 'applied', taskId: 't1' } as const;
        await storage.commands.settle('left', applied);
        assert.deepEqual(await storage.commands.awaitAgain('left'), applied);
      }));

    it('knows no outcome of a command that was never submitted', () =>
      withStorage(open, async (storage) => assert.equal(await storage.commands.outcome('c1'), null)));

    it('has news at first, after a submission, and not otherwise', () =>
      withStorage(open, async (storage) => {
        assert.equal(storage.commands.hasNews(), true);
        assert.equal(storage.commands.hasNews(), false);
        await storage.commands.submit(command('c1'));
        assert.equal(storage.commands.hasNews(), true);
        assert.equal(storage.commands.hasNews(), false);
      }));

    it('has news when another process submits', needsAnother, () =>
      withStorage(open, async (storage, { another }) => {
        assert.ok(another !== null);
        const other = await another();
        storage.commands.hasNews();
        assert.equal(storage.commands.hasNews(), false);
        await other.commands.submit(command('c1'));
        // It may have to come over a network; the test's own time limit ends this.
        while (!storage.commands.hasNews()) await storage.commands.outcome('c1');
        assert.deepEqual(await storage.commands.pending(9), [command('c1')]);
        assert.equal(storage.commands.hasNews(), false);
      }),
    );

    it('shows the outcome to the process that asked', needsAnother, () =>
      withStorage(open, async (storage, { another }) => {
        assert.ok(another !== null);
        const other = await another();
        await other.commands.submit(command('c1'));
        await storage.commands.settle('c1', { kind: 'applied', taskId: 't1' });
        assert.deepEqual(await other.commands.outcome('c1'), { kind: 'applied', taskId: 't1' });
      }),
    );
  });
}
