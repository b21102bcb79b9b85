import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Storage } from '../../execution/storage.ts';
import type { EventFilter } from '../../log/event-log.ts';
import { creation, event, joined, type Open } from './fixtures.ts';

const names = ['task.initialize_requested', 'step.failed', 'task.failed', 'step.completed', 'step.failed'] as const;

/** Five events of two tasks at positions 1 to 5, occurring at 1000, 2000 … */
async function fill(storage: Storage): Promise<void> {
  const events = names.map((name, index) =>
    event(`e${index + 1}`, { name, occurredAt: (index + 1) * 1_000, taskId: index < 3 ? 't1' : 't2' }),
  );
  await storage.tasks.commit([
    creation('t1', { events: events.slice(0, 3) }),
    creation('t2', { events: events.slice(3) }),
  ]);
}

async function found(storage: Storage, filter: EventFilter, after = 0, limit = 100): Promise<readonly string[]> {
  return (await storage.log.read({ after, limit, filter })).events.map((one) => one.id);
}

export function eventLogContract(storageName: string, open: Open): void {
  describe(`EventLog on ${storageName}`, () => {
    it('is empty at first', () =>
      joined(open, async (storage) => {
        assert.equal(await storage.log.lastPosition(), 0);
        assert.deepEqual(await storage.log.read({ after: 0, limit: 10 }), {
          events: [],
          lastPosition: 0,
          characters: 0,
        });
      }));

    it('gives back an event as it was recorded', () =>
      joined(open, async (storage) => {
        const body =
          '{"namespace":"shop","business":{"order_value":12997},"causationId":"c","spanId":"s","parentSpanId":null,"payload":{"durationMs":1.5}}';
        await storage.tasks.commit([
          creation('t1', {
            events: [
              event('e1', { name: 'step.completed', taskId: 't1', step: 'a', attempt: 2, schemaVersion: 3, body }),
            ],
          }),
        ]);
        assert.deepEqual((await storage.log.read({ after: 0, limit: 1 })).events, [
          {
            position: 1,
            id: 'e1',
            name: 'step.completed',
            schemaVersion: 3,
            occurredAt: 1_000,
            taskId: 't1',
            step: 'a',
            attempt: 2,
            namespace: 'shop',
            business: { order_value: 12_997 },
            causationId: 'c',
            spanId: 's',
            parentSpanId: null,
            payload: { durationMs: 1.5 },
          },
        ]);
      }));

    it('is read page by page', () =>
      joined(open, async (storage) => {
        await fill(storage);
        const first = await storage.log.read({ after: 0, limit: 2 });
        assert.deepEqual([first.events.map((one) => one.id), first.lastPosition], [['e1', 'e2'], 2]);
        const rest = await storage.log.read({ after: first.lastPosition, limit: 100 });
        assert.deepEqual([rest.events.map((one) => one.id), rest.lastPosition], [['e3', 'e4', 'e5'], 5]);
        const whole = await storage.log.read({ after: 0, limit: 100 });
        assert.ok(first.characters > 0 && rest.characters > 0);
        assert.equal(first.characters + rest.characters, whole.characters);
        assert.deepEqual(await storage.log.read({ after: 5, limit: 100 }), {
          events: [],
          lastPosition: 5,
          characters: 0,
        });
        assert.equal(await storage.log.lastPosition(), 5);
      }));

    it('filters by task, by names common and rare, by time, and by all at once', () =>
      joined(open, async (storage) => {
        await fill(storage);
        assert.deepEqual(await found(storage, { taskId: 't2' }), ['e4', 'e5']);
        assert.deepEqual(await found(storage, { names: ['step.failed'] }), ['e2', 'e5']);
        assert.deepEqual(await found(storage, { names: ['task.failed', 'step.failed'] }), ['e2', 'e3', 'e5']);
        assert.deepEqual(await found(storage, { names: ['step.completed', 'step.failed'] }), ['e2', 'e4', 'e5']);
        assert.deepEqual(await found(storage, { names: [] }), []);
        assert.deepEqual(await found(storage, { names: ["x' or 1=1 --"] }), []);
        assert.deepEqual(await found(storage, { sinceMs: 4_000 }), ['e4', 'e5']);
        assert.deepEqual(await found(storage, { taskId: 't1', names: ['step.failed'], sinceMs: 2_000 }), ['e2']);
        assert.deepEqual(await found(storage, { names: ['step.failed'] }, 2), ['e5']);
        assert.deepEqual(await found(storage, { names: ['step.failed', 'task.failed'] }, 1, 2), ['e2', 'e3']);
      }));

    it('goes on after the end when the rest did not match, and after the last match when the page is full', () =>
      joined(open, async (storage) => {
        await fill(storage);
        const filter = { names: ['task.failed'] };
        assert.equal((await storage.log.read({ after: 0, limit: 10, filter })).lastPosition, 5);
        assert.equal((await storage.log.read({ after: 0, limit: 1, filter })).lastPosition, 3);
        assert.equal((await storage.log.read({ after: 9, limit: 10 })).lastPosition, 9);
      }));
  });
}
