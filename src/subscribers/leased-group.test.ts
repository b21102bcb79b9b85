import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LeasedGroup } from './leased-group.ts';
import type { SubscriberGroup } from './subscriber-group.ts';

test('whoever stops while the lease’s subscribers are being started waits for them no longer, and gives the lease back', async () => {
  const asked = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const told: string[] = [];
  const slow: Partial<SubscriberGroup> = {
    start: () => {
      asked.resolve();
      return begun.promise;
    },
    giveUpStart: () => begun.resolve(),
    stop: async () => void told.push('stopped'),
  };
  const group = new LeasedGroup({
    subscribers: [{ name: 'one' }] as never,
    make: () => slow as SubscriberGroup,
    leases: {
      claim: () => Promise.resolve(true),
      release: async (_worker, names) => void told.push(`released ${names.join()}`),
    },
    worker: () => 'w',
    onProblem: (error) => assert.fail(String(error)),
  });
  const starting = group.start();
  await asked.promise;
  await group.stop();
  await starting;
  assert.deepEqual(told, ['stopped', 'released one']);
  assert.equal(group.isHere, false);
});
