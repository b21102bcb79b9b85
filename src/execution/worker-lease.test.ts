import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FakeClock } from '../testing/fake-clock.ts';
import { WorkerLease } from './worker-lease.ts';
import type { Renewal, WorkerRegistry } from './workers.ts';

const leaseMs = 10_000;

function leased(renew: () => Promise<Renewal>, around: Partial<WorkerRegistry> = {}) {
  const clock = new FakeClock();
  const told: string[] = [];
  const problems: unknown[] = [];
  const wait = (ms: number): Promise<void> => new Promise<void>((resolve) => void clock.setTimer(ms, () => resolve()));
  const lease = new WorkerLease({
    workers: {
      leaseMs,
      join: () => assert.fail('the lease joins through its owner'),
      renew,
      voidLost: () => assert.fail('nobody is lost'),
      note: () => assert.fail('nothing to note'),
      leave: () => assert.fail('nobody leaves'),
      isEngineRunning: () => Promise.resolve(true),
      ...around,
    },
    workerId: 'w',
    clock,
    facts: () => [],
    onRecorded: () => undefined,
    onLapsed: () => void told.push('lapsed'),
    // As one that has to wait for others to end what they are writing.
    rejoin: async () => {
      await wait(3 * leaseMs);
      told.push('joined');
    },
    onProblem: (error) => void problems.push(error),
  });
  return { clock, lease, told, problems, wait };
}

test('a worker that has joined anew, however long that took, does not do so again', async () => {
  let held = false;
  const { clock, lease, told } = leased(() => Promise.resolve({ held, othersLapsed: false }));
  lease.start();
  await clock.advance(leaseMs / 5);
  held = true;
  await clock.advance(10 * leaseMs);
  assert.deepEqual(told, ['lapsed', 'joined']);
  assert.equal(lease.held, true);
});

test('while others are voided, one voiding at a time, renewals go on, and it is told once that one fails', async () => {
  let voidings = 0;
  let renewals = 0;
  const { clock, lease, told, problems, wait } = leased(
    () => {
      renewals += 1;
      return Promise.resolve({ held: true, othersLapsed: true });
    },
    {
      async voidLost() {
        voidings += 1;
        await wait(2 * leaseMs);
        throw new Error('the statement took too long');
      },
    },
  );
  lease.start();
  await clock.advance(2 * leaseMs);
  assert.deepEqual([voidings, renewals], [1, 10]);
  await clock.advance(4 * leaseMs);
  assert.equal(voidings, 3);
  assert.deepEqual(told, []);
  assert.equal(problems.length, 1);
});

test('one that was stopped by a start that failed looks after others again at the next', async () => {
  let voidings = 0;
  const { clock, lease } = leased(() => Promise.resolve({ held: true, othersLapsed: true }), {
    voidLost: () => Promise.resolve(((voidings += 1), null)),
  });
  lease.start();
  await lease.stop();
  lease.start();
  await clock.advance(leaseMs / 5);
  assert.equal(voidings, 1);
});
