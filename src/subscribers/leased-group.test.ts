import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LeasedGroup } from './leased-group.ts';
import type { SubscriberGroup } from './subscriber-group.ts';

test('who is to stop while its subscribers are being started waits for them no longer, and gives the lease back at once', async () => {
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
  group.giveUpStart();
  await starting;
  assert.deepEqual(told, ['stopped', 'released one']);
  await group.stop();
  assert.equal(group.isHere, false);
});
