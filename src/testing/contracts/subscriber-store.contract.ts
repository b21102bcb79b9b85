import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Storage } from '../../execution/storage.ts';
import type { ParkedEvent, Progress, ProgressResult } from '../../subscribers/subscriber-store.ts';
import { change, creation, event, joined, type Open, wholeLog, withStorage } from './fixtures.ts';

const nothing = { countsFrom: null, park: [], unpark: [], events: [] } as const;

function advance(from: number, to: number, given: Partial<Extract<Progress, { kind: 'advance' }>> = {}): Progress {
  return { kind: 'advance', subscriber: 'sales', generation: 1, from, to, ...nothing, ...given };
}

function parked(position: number, given: Partial<ParkedEvent> = {}): ParkedEvent {
  const error = { type: 'Error', message: 'no', stack: 'at …' };
  return { position, eventName: 'task.completed', taskId: 't1', attempts: 3, parkedAt: 5_000, error, ...given };
}

async function save(storage: Storage, ...parts: readonly Progress[]): Promise<readonly ProgressResult['kind'][]> {
  return (await storage.commitGroup([], parts)).progress.map(({ kind }) => kind);
}

async function registered(storage: Storage, state: string | null = '{"count":0}'): Promise<void> {
  assert.deepEqual(await save(storage, { kind: 'register', subscriber: 'sales', checkpoint: 7, state }), ['saved']);
}

const positions = async (storage: Storage): Promise<readonly number[]> =>
  (await storage.subscribers.parked({ limit: 100 })).map(({ position }) => position);

export function subscriberStoreContract(storageName: string, open: Open): void {
  describe(`SubscriberStore on ${storageName}`, () => {
    it('knows nobody at first', () =>
      joined(open, async ({ subscribers }) => {
        assert.equal(await subscribers.load('sales'), null);
        assert.deepEqual(await subscribers.list(), []);
        assert.deepEqual(await subscribers.parked({ limit: 10 }), []);
      }));

    it('registers a subscriber once: a second time changes nothing', () =>
      joined(open, async (storage) => {
        await registered(storage);
        const again = { kind: 'register', subscriber: 'sales', checkpoint: 99, state: null } as const;
        assert.deepEqual(await save(storage, again), ['stale']);
        assert.deepEqual(await storage.subscribers.load('sales'), {
          name: 'sales',
          checkpoint: 7,
          countsFrom: null,
          generation: 1,
          lagged: false,
          state: '{"count":0}',
        });
      }));

    it('saves checkpoint, state, parked events and facts together', () =>
      joined(open, async (storage) => {
        await registered(storage);
        const part = advance(7, 12, {
          state: '{"count":"é"}',
          countsFrom: 8,
          park: [parked(9), parked(11, { attempts: 0, error: null })],
          events: [event('fact')],
        });
        assert.deepEqual(await save(storage, part), ['saved']);
        const { state, ...row } = (await storage.subscribers.load('sales')) ?? { state: null };
        assert.equal(state, '{"count":"é"}');
        assert.deepEqual(await storage.subscribers.list(), [{ ...row, parked: 2, stateBytes: 14, replay: null }]);
        assert.deepEqual(await storage.subscribers.parked({ limit: 10 }), [
          { ...parked(9), subscriber: 'sales', generation: 1 },
          { ...parked(11, { attempts: 0, error: null }), subscriber: 'sales', generation: 1 },
        ]);
        assert.deepEqual(await storage.subscribers.parkedTasks('sales'), ['t1']);
        assert.deepEqual(
          (await wholeLog(storage)).map(({ id }) => id),
          ['fact'],
        );
      }));

    it('keeps the state that an advance does not mention', () =>
      joined(open, async (storage) => {
        await registered(storage);
        await save(storage, advance(7, 8));
        assert.equal((await storage.subscribers.load('sales'))?.state, '{"count":0}');
      }));

    it('refuses what starts from another checkpoint or generation, and leaves no trace of it', () =>
      joined(open, async (storage) => {
        await registered(storage);
        const fact = { state: '{"count":1}', park: [parked(8)], events: [event('fact')] };
        const results = await save(storage, advance(6, 9, fact), advance(7, 9, { ...fact, generation: 2 }));
        assert.deepEqual(results, ['stale', 'stale']);
        assert.equal((await storage.subscribers.load('sales'))?.state, '{"count":0}');
        assert.deepEqual(await positions(storage), []);
        assert.deepEqual(await wholeLog(storage), []);
      }));

    it('refuses to take back an event that is not parked, with everything beside it', () =>
      joined(open, async (storage) => {
        await registered(storage);
        await save(storage, advance(7, 9, { park: [parked(8)] }));
        assert.deepEqual(await save(storage, advance(9, 9, { state: '{"count":2}', unpark: [8, 9] })), ['stale']);
        assert.deepEqual(await positions(storage), [8]);
        assert.equal((await storage.subscribers.load('sales'))?.state, '{"count":0}');
        assert.deepEqual(await save(storage, advance(9, 9, { unpark: [8] })), ['saved']);
        assert.deepEqual(await positions(storage), []);
      }));

    it('finds parked events by subscriber, task and position', () =>
      joined(open, async (storage) => {
        await registered(storage);
        await save(storage, { kind: 'register', subscriber: 'audit', checkpoint: 0, state: null });
        await save(
          storage,
          advance(7, 9, { park: [parked(8), parked(9, { taskId: 't2' })] }),
          advance(0, 9, { subscriber: 'audit', park: [parked(3, { taskId: null })] }),
        );
        const found = async (query: { subscriber?: string; taskId?: string; position?: number }) => {
          const rows = await storage.subscribers.parked({ ...query, limit: 10 });
          assert.equal(await storage.subscribers.parkedCount(query), rows.length);
          return rows.map((one) => `${one.subscriber} ${one.position}`);
        };
        assert.deepEqual(await found({}), ['audit 3', 'sales 8', 'sales 9']);
        assert.deepEqual(await found({ subscriber: 'sales', taskId: 't2' }), ['sales 9']);
        assert.deepEqual(await found({ position: 8 }), ['sales 8']);
        assert.deepEqual(await found({ subscriber: 'audit', position: 8 }), []);
        assert.deepEqual(await storage.subscribers.parkedTasks('audit'), []);
        assert.deepEqual(await storage.subscribers.parkedTasks('sales'), ['t1', 't2']);
        assert.deepEqual(await storage.subscribers.parkedTasks('sales', 8), ['t1']);
        assert.deepEqual(await storage.subscribers.parkedTasks('sales', 7), []);
      }));

    it('gives parked events in pages, each beginning after the one before, and counts them all', () =>
      joined(open, async (storage) => {
        await registered(storage);
        await save(storage, { kind: 'register', subscriber: 'audit', checkpoint: 0, state: null });
        await save(
          storage,
          advance(7, 30, { park: [8, 11, 20, 100].map((position) => parked(position)) }),
          advance(0, 30, { subscriber: 'audit', park: [3, 90].map((position) => parked(position)) }),
        );
        const gone = async (filter: { subscriber?: string }): Promise<readonly string[][]> => {
          const pages: string[][] = [];
          for (let after: { subscriber: string; position: number } | undefined; ;) {
            const page = await storage.subscribers.parked({ ...filter, limit: 2, ...(after && { after }) });
            after = page.at(-1);
            if (after === undefined) return pages;
            pages.push(page.map(({ subscriber, position }) => `${subscriber} ${position}`));
          }
        };
        assert.deepEqual(await gone({}), [
          ['audit 3', 'audit 90'],
          ['sales 8', 'sales 11'],
          ['sales 20', 'sales 100'],
        ]);
        assert.deepEqual(await gone({ subscriber: 'sales' }), [
          ['sales 8', 'sales 11'],
          ['sales 20', 'sales 100'],
        ]);
        assert.equal(await storage.subscribers.parkedCount({}), 6);
        assert.equal(await storage.subscribers.parkedCount({ subscriber: 'nobody' }), 0);
      }));

    it('notes lag only when it changes', () =>
      joined(open, async (storage) => {
        await registered(storage);
        const lag = (lagged: boolean, id: string): Progress => ({
          kind: 'lag',
          subscriber: 'sales',
          lagged,
          events: [event(id)],
        });
        assert.deepEqual(await save(storage, lag(false, 'a'), lag(true, 'b'), lag(true, 'c')), [
          'stale',
          'saved',
          'stale',
        ]);
        assert.equal((await storage.subscribers.load('sales'))?.lagged, true);
        assert.deepEqual(
          (await wholeLog(storage)).map(({ id }) => id),
          ['b'],
        );
      }));

    it('swaps a replay in: the old generation is refused from then on, and what it had parked is gone', () =>
      joined(open, async (storage) => {
        await registered(storage);
        await save(storage, advance(7, 20, { park: [parked(8), parked(15)], state: '{"count":1}' }));
        const swap: Progress = {
          kind: 'swap',
          subscriber: 'sales',
          generation: 1,
          checkpoint: 20,
          countsFrom: 10,
          state: '{"count":5}',
          replayedFrom: 10,
          park: [parked(17)],
          events: [],
        };
        assert.deepEqual(await save(storage, swap, advance(20, 21)), ['saved', 'stale']);
        const row = await storage.subscribers.load('sales');
        assert.deepEqual([row?.generation, row?.state, row?.countsFrom], [2, '{"count":5}', 10]);
        assert.deepEqual(await positions(storage), [8, 17]);
        assert.deepEqual(await save(storage, swap), ['stale']);
      }));

    it('shows how far a replay has come, until it is swapped in or given up', () =>
      joined(open, async (storage) => {
        await registered(storage);
        const replay = { from: 1, reached: 5, to: 20, parked: 0 };
        const shown = async () => (await storage.subscribers.list())[0]?.replay;
        assert.equal(await shown(), null);
        assert.deepEqual(await save(storage, { kind: 'replaying', subscriber: 'sales', replay }), ['saved']);
        assert.deepEqual(await shown(), replay);
        await save(storage, { kind: 'replaying', subscriber: 'sales', replay: null });
        assert.equal(await shown(), null);
        await save(storage, { kind: 'replaying', subscriber: 'sales', replay });
        const swap: Progress = {
          kind: 'swap',
          subscriber: 'sales',
          generation: 1,
          checkpoint: 7,
          countsFrom: null,
          state: null,
          replayedFrom: 1,
          park: [],
          events: [],
        };
        assert.deepEqual(await save(storage, swap), ['saved']);
        assert.equal(await shown(), null);
        assert.deepEqual(await save(storage, { kind: 'replaying', subscriber: 'nobody', replay }), ['stale']);
      }));

    it('takes facts that leave its standing as it was', () =>
      joined(open, async (storage) => {
        await registered(storage);
        const before = await storage.subscribers.load('sales');
        assert.deepEqual(await save(storage, { kind: 'note', subscriber: 'sales', events: [event('n1')] }), ['saved']);
        assert.deepEqual(await storage.subscribers.load('sales'), before);
        assert.deepEqual(
          (await wholeLog(storage)).map(({ id }) => id),
          ['n1'],
        );
      }));

    it('forgets one that is unregistered, with what it has parked, and leaves the others', () =>
      joined(open, async (storage) => {
        await registered(storage);
        await save(storage, { kind: 'register', subscriber: 'audit', checkpoint: 3, state: null });
        await save(storage, advance(7, 20, { park: [parked(8)], state: '{"count":1}' }));
        const unregister: Progress = { kind: 'unregister', subscriber: 'sales' };
        assert.deepEqual(await save(storage, unregister, unregister, advance(20, 21)), ['saved', 'stale', 'stale']);
        assert.equal(await storage.subscribers.load('sales'), null);
        assert.deepEqual(await positions(storage), []);
        assert.deepEqual(
          (await storage.subscribers.list()).map(({ name }) => name),
          ['audit'],
        );
      }));

    it('a part that cannot be written is undone alone', () =>
      joined(open, async (storage) => {
        await registered(storage);
        const broken = event('broken', { name: null as unknown as string });
        const results = await storage.commitGroup(
          [creation('t1', { events: [event('e1')] })],
          [advance(7, 8, { state: '{"count":9}', events: [event('kept'), broken] }), advance(7, 9)],
        );
        assert.deepEqual(
          [...results.changes, ...results.progress].map(({ kind }) => kind),
          ['committed', 'failed', 'saved'],
        );
        assert.equal((await storage.subscribers.load('sales'))?.state, '{"count":0}');
        assert.deepEqual(
          (await wholeLog(storage)).map(({ id }) => id),
          ['e1'],
        );
      }));

    it("a change of the engine's that cannot be written takes no progress with it, and events of changes come first", () =>
      joined(open, async (storage) => {
        await registered(storage);
        await storage.tasks.commit([creation('t1')]);
        const broken = change('t1', 1, { events: [event('broken', { name: null as unknown as string })] });
        const results = await storage.commitGroup(
          [broken, change('t1', 1, { events: [event('e1')] })],
          [advance(7, 8, { events: [event('fact')] })],
        );
        assert.deepEqual(
          [...results.changes, ...results.progress].map(({ kind }) => kind),
          ['failed', 'committed', 'saved'],
        );
        assert.deepEqual(
          (await wholeLog(storage)).map(({ id }) => id),
          ['e1', 'fact'],
        );
      }));

    it('lets nobody but the engine save', () =>
      withStorage(open, async (storage) => {
        assert.deepEqual(await save(storage, { kind: 'register', subscriber: 'sales', checkpoint: 0, state: null }), [
          'stale',
        ]);
      }));
  });
}
