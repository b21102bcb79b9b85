import assert from 'node:assert/strict';
import { test } from 'node:test';

import { toNewEvent, fromStored } from '../log/append.ts';
import { catalog } from './catalog.ts';
import { upcast, type Upcasters, upcasters } from './upcast.ts';

/** An order event that first had a name, then a customer, then a customer with a tier. */
const invented: Upcasters = {
  'order.placed': {
    1: ({ name, ...rest }) => ({ ...rest, customer: { name } }),
    2: ({ customer, ...rest }) => ({ ...rest, customer: { ...(customer as object), tier: 'unknown' } }),
  },
};

const old = { name: 'order.placed', schemaVersion: 1, position: 7, payload: { name: 'Ada', total: 5 } };

test('an old payload is made new step by step, and the rest of the event stays', () => {
  assert.deepEqual(upcast(old, 3, invented), {
    name: 'order.placed',
    schemaVersion: 3,
    position: 7,
    payload: { total: 5, customer: { name: 'Ada', tier: 'unknown' } },
  });
  assert.deepEqual(old.payload, { name: 'Ada', total: 5 }, 'what was read is not changed');
});

test('a payload between the versions starts where it is', () => {
  const middle = { ...old, schemaVersion: 2, payload: { customer: { name: 'Ada' } } };
  assert.deepEqual(upcast(middle, 3, invented).payload, { customer: { name: 'Ada', tier: 'unknown' } });
});

test("today's payloads, newer ones and unknown names are given as they are", () => {
  const today = { ...old, schemaVersion: 3 };
  assert.equal(upcast(today, 3, invented), today);
  const newer = { ...old, schemaVersion: 4 };
  assert.equal(upcast(newer, 3, invented), newer);
  assert.equal(upcast(old), old);
});

test('a version that no step leads on from is an error that names it', () => {
  assert.throws(() => upcast(old, 4, invented), /no upcaster leads 'order.placed' from version 3 to 4/);
  assert.throws(() => upcast({ ...old, name: 'order.lost' }, 2, invented), /'order.lost' from version 1 to 2/);
});

test('whoever reads the log gets the new one', () => {
  const stored = toNewEvent(
    {
      name: 'worker.stopped',
      occurredAt: 1,
      payload: { worker: 'w', pid: 1, host: 'h', uptimeMs: 1, returnedAttempts: 0, abandonedHandlers: 0 },
    },
    { hex: (count) => '0'.repeat(2 * count), fraction: () => 0.5 },
  );
  const table: Upcasters = { 'worker.stopped': { 1: (payload) => ({ ...payload, reason: 'unknown' }) } };
  const read = fromStored({ ...stored, position: 1 }, (event) => upcast(event, 2, table));
  assert.equal(read.schemaVersion, 2);
  assert.deepEqual(read.payload, { ...(JSON.parse(stored.body) as { payload: object }).payload, reason: 'unknown' });
});

test('every recorded event can be read from its first version on, and no upcaster is left over', () => {
  const steps = catalog.flatMap((entry) =>
    entry.kind !== 'recorded'
      ? []
      : Array.from({ length: entry.schemaVersion - 1 }, (_, index) => `${entry.name} ${index + 1}`),
  );
  const written = Object.entries(upcasters).flatMap(([name, versions]) =>
    Object.keys(versions ?? {}).map((version) => `${name} ${version}`),
  );
  assert.deepEqual(written.sort(), steps.sort());
});
