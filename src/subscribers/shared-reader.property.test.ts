import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { fromStored } from '../log/append.ts';
import type { EventLog, NewEvent } from '../log/event-log.ts';
import { SharedReader } from './shared-reader.ts';

const names = ['task.completed', 'step.completed', 'task.failed'] as const;

const stored = (name: string): NewEvent => ({
  id: name,
  name,
  schemaVersion: 1,
  occurredAt: 1,
  taskId: null,
  step: null,
  attempt: null,
  body: '{"causationId":null,"spanId":null,"parentSpanId":null,"payload":{}}',
});

/** A log in memory that others than the engine may append to; it answers a turn later, as a thread does. */
class FakeLog implements EventLog {
  readonly events: NewEvent[] = [];
  reads = 0;
  /** Of each event's body. */
  characters = 0;

  append(added: readonly string[]): { readonly firstPosition: number; readonly events: readonly NewEvent[] } {
    const events = added.map(stored);
    this.events.push(...events);
    return { firstPosition: this.events.length - events.length + 1, events };
  }

  async lastPosition(): Promise<number> {
    return this.events.length;
  }

  async read({ after, limit, filter }: Parameters<EventLog['read']>[0]) {
    this.reads += 1;
    const end = this.events.length;
    const all = this.events
      .map((event, index) => fromStored({ ...event, position: index + 1 }))
      .filter(({ position, name }) => position > after && (filter?.names ?? [name]).includes(name));
    await new Promise(setImmediate);
    const events = all.slice(0, limit);
    const lastPosition = events.length === limit ? (events.at(-1)?.position ?? end) : Math.max(after, end);
    return { events, lastPosition, characters: events.length * this.characters };
  }
}

const someNames = fc.array(fc.constantFrom(...names), { maxLength: 4 });

const happening = fc.oneof(
  // What the engine commits is told at once.
  fc.record({ kind: fc.constant('told' as const), events: someNames }),
  // What others append is not.
  fc.record({ kind: fc.constant('untold' as const), events: someNames }),
  fc.record({ kind: fc.constant('reads' as const), reader: fc.nat(2), limit: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant('turn' as const) }),
);

test('whoever reads on sees every wanted event once and in order, whatever was told, appended or forgotten', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 60 }), fc.integer({ min: 2, max: 8 }), async (story, kept) => {
      const log = new FakeLog();
      const reader = new SharedReader(log, names.slice(0, 2), { events: kept });
      const readers = [['task.completed'], ['step.completed'], ['task.completed', 'step.completed']].map((wanted) => ({
        wanted: new Map(wanted.map((name) => [name, null])),
        position: 0,
        seen: [] as number[],
        turn: Promise.resolve(),
      }));
      const readOn = async (who: (typeof readers)[number], limit: number): Promise<void> => {
        const page = await reader.read(who.position, who.wanted, limit);
        assert.ok(page.lastPosition >= who.position, 'a position never goes back');
        who.seen.push(...page.events.filter(({ name }) => who.wanted.has(name)).map(({ position }) => position));
        who.position = page.lastPosition;
      };
      for (const one of story) {
        if (one.kind === 'told') reader.committed(log.append(one.events));
        else if (one.kind === 'untold') log.append(one.events);
        else if (one.kind === 'turn') await new Promise(setImmediate);
        else {
          const who = readers[one.reader];
          if (who !== undefined) who.turn = who.turn.then(() => readOn(who, one.limit));
        }
      }
      for (const who of readers) {
        await who.turn;
        while (who.position < log.events.length) await readOn(who, 3);
        const expected = log.events.flatMap(({ name }, index) => (who.wanted.has(name) ? [index + 1] : []));
        assert.deepEqual(who.seen, expected);
      }
    }),
    { numRuns: 300 },
  );
});

test('what the engine has committed is not read back', async () => {
  const log = new FakeLog();
  const reader = new SharedReader(log, names);
  const all = new Map(names.map((name) => [name, null]));
  assert.deepEqual((await reader.read(0, all, 10)).events, []);
  reader.committed(log.append(['task.completed', 'step.completed']));
  const page = await reader.read(0, all, 10);
  assert.deepEqual([page.events.map(({ name }) => name), page.lastPosition], [['task.completed', 'step.completed'], 2]);
  assert.equal((await reader.read(2, all, 10)).lastPosition, 2);
  assert.equal(log.reads, 0);
});

test('one that is slower than the others shares their parse as long as it is not too far behind', async () => {
  const readsOfTheSlow = async (events: number): Promise<number> => {
    const log = new FakeLog();
    const reader = new SharedReader(log, names, { events });
    const [quick, slow] = [names, names].map((all) => new Map(all.map((name) => [name, null])));
    if (quick === undefined || slow === undefined) throw new Error('there are two');
    await reader.read(0, slow, 10);
    for (let at = 0; at < 5000; at += 500) {
      reader.committed(log.append(Array.from({ length: 500 }, () => names[0])));
      await reader.read(at, quick, 500);
    }
    let at = 0;
    while (at < 5000) at = (await reader.read(at, slow, 500)).lastPosition;
    return log.reads;
  };
  assert.equal(await readsOfTheSlow(6000), 0);
  assert.ok((await readsOfTheSlow(1000)) > 0, 'further behind than is kept, it reads for itself');
});

test('what all have read is kept no longer, and large events are kept no longer than there is room', async () => {
  const log = new FakeLog();
  const reader = new SharedReader(log, names, { events: 20_000 });
  const all = new Map(names.map((name) => [name, null]));
  for (let at = 0; at < 6000; at += 500) {
    await reader.read(at, all, 500);
    reader.committed(log.append(Array.from({ length: 500 }, () => names[0])));
  }
  await reader.read(0, new Map(all), 10);
  assert.equal(log.reads, 1, 'it was forgotten, though there was room for it');

  const large = new FakeLog();
  large.characters = 100_000;
  large.append(Array.from({ length: 600 }, () => names[0]));
  const bounded = new SharedReader(large, names, { events: 20_000, characters: 1_000_000 });
  const [first, second] = [new Map(all), new Map(all)];
  let at = 0;
  while (at < 600) at = (await bounded.read(at, first, 100)).lastPosition;
  const before = large.reads;
  await bounded.read(0, second, 100);
  assert.equal(large.reads, before + 1, 'what was read counts too');
});
