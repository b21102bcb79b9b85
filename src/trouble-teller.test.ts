import assert from 'node:assert/strict';
import { test } from 'node:test';

import { TaskerError } from './shared/errors.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { TroubleTeller } from './trouble-teller.ts';

test('an outage of the storage is told once for as long as it lasts, and the next one again', async () => {
  const clock = new FakeClock();
  const told: string[] = [];
  const teller = new TroubleTeller(clock, (message) => told.push(message));
  for (const message of ['refused', 'still refused', 'starting up']) {
    teller.tell(new TaskerError('TASKER_STORAGE_UNAVAILABLE', message));
    await clock.advance(10_000);
  }
  teller.tell(new TaskerError('TASKER_STORAGE_FULL', 'full'));
  teller.tell(new Error('something else'));
  teller.tell(new Error('something else'));
  assert.deepEqual(told, ['refused', 'full', 'something else', 'something else']);
  await clock.advance(20_000);
  teller.tell(new TaskerError('TASKER_STORAGE_UNAVAILABLE', 'refused again'));
  assert.equal(told.at(-1), 'refused again');
});
