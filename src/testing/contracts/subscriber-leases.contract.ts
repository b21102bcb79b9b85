import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Storage } from '../../execution/storage.ts';
import type { WorkerInfo } from '../../execution/workers.ts';
import { type Has, joined, oneEngineOnly, type Open, worker } from './fixtures.ts';

const second: WorkerInfo = { id: 'worker-2', pid: 5_000, host: 'shop-2', startedAt: 2_000 };
const names = ['sales', 'audit'];

async function register(storage: Storage, subscriber: string) {
  const { progress } = await storage.commitGroup([], [{ kind: 'register', subscriber, checkpoint: 0, state: null }]);
  return progress[0]?.kind;
}

async function advance(storage: Storage, subscriber: string, from: number) {
  const part = { kind: 'advance', subscriber, generation: 1, from, to: from + 1, countsFrom: null } as const;
  const { progress } = await storage.commitGroup([], [{ ...part, park: [], unpark: [], events: [] }]);
  return progress[0]?.kind;
}

export function subscriberLeasesContract(storageName: string, open: Open, engines: Has['engines']): void {
  const manyAtATime = engines === 'many' ? {} : { skip: oneEngineOnly };
  describe(`SubscriberLeases on ${storageName}`, () => {
    it('lets the engine have its subscribers, again and again', () =>
      joined(open, async (storage) => {
        assert.equal(await storage.leases.claim(worker.id, names), true);
        assert.equal(await storage.leases.claim(worker.id, names), true);
        assert.equal(await register(storage, 'sales'), 'saved');
        assert.equal(await advance(storage, 'sales', 0), 'saved');
      }));

    it('gives each to one worker, all that are asked for or none', manyAtATime, () =>
      joined(open, async (storage, { another }) => {
        assert.ok(another !== null);
        const other = await another();
        await other.workers.join(second, () => []);
        assert.equal(await storage.leases.claim(worker.id, ['sales']), true);
        assert.equal(await other.leases.claim(second.id, names), false);
        assert.equal(await storage.leases.claim(worker.id, names), true, 'audit was not taken on the way');
        await storage.leases.release(worker.id, names);
        assert.equal(await other.leases.claim(second.id, names), true);
      }),
    );

    it('lets nobody but its holder save of it', manyAtATime, () =>
      joined(open, async (storage, { another }) => {
        assert.ok(another !== null);
        const other = await another();
        await other.workers.join(second, () => []);
        await storage.leases.claim(worker.id, ['sales']);
        assert.equal(await register(other, 'sales'), 'stale');
        assert.equal(await register(storage, 'sales'), 'saved');
        assert.equal(await advance(other, 'sales', 0), 'stale');
        assert.equal(await advance(storage, 'sales', 0), 'saved');
        await storage.leases.release(worker.id, ['sales']);
        await other.leases.claim(second.id, ['sales']);
        assert.equal(await advance(storage, 'sales', 1), 'stale');
        assert.equal(await advance(other, 'sales', 1), 'saved');
      }),
    );

    it('takes them from a worker that joins anew, which may have them again', manyAtATime, () =>
      joined(open, async (storage, { another }) => {
        assert.ok(another !== null);
        const other = await another();
        await other.workers.join(second, () => []);
        await storage.leases.claim(worker.id, names);
        await storage.workers.join(worker, () => []);
        assert.equal(await other.leases.claim(second.id, ['audit']), true);
        assert.equal(await storage.leases.claim(worker.id, ['sales']), true);
        assert.equal(await other.leases.claim(second.id, ['sales']), false);
        assert.equal(await register(storage, 'sales'), 'saved');
        await storage.leases.release(worker.id, ['sales']);
        assert.equal(await other.leases.claim(second.id, ['sales']), true);
      }),
    );

    it('takes them from a worker that leaves or falls silent', manyAtATime, () =>
      joined(open, async (storage, { another, lapse }) => {
        assert.ok(another !== null && lapse !== null);
        const other = await another();
        await other.workers.join(second, () => []);
        await storage.leases.claim(worker.id, ['sales']);
        await storage.workers.leave(worker.id, []);
        assert.equal(await other.leases.claim(second.id, ['sales']), true);
        await lapse();
        await storage.workers.join(worker, () => []);
        assert.equal(await storage.leases.claim(worker.id, ['sales']), true);
        assert.equal(await advance(other, 'sales', 0), 'stale');
      }),
    );
  });
}
