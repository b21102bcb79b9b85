import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { createTasker, defineTask, type Tasker } from '../tasker.ts';
import { checkoutContexts } from '../traffic.ts';
import { type OpenLoopCounts, sendSteadily } from './open-loop.ts';

/** A clock that passes as it is slept by. */
function madeUpTime(endMs: number) {
  let nowMs = 0;
  const stop = new AbortController();
  return {
    stop: stop.signal,
    leave: new AbortController().signal,
    nowMs: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms;
      if (nowMs > endMs) stop.abort();
    },
  };
}

function noCounts(): OpenLoopCounts {
  return { accepted: 0, waiting: 0, turnedAway: 0 };
}

type Request = Parameters<Tasker['run']>[0];

describe('the steady traffic', () => {
  it('comes at its pace however the checkouts before fare', async () => {
    const hangs = defineTask({
      namespace_name: 'ecommerce',
      name: 'monitored_checkout',
      step_templates: [{ name: 'hangs', handler: () => new Promise(() => undefined) }],
    });
    const tasker = await createTasker({ storage: { kind: 'memory' }, tasks: [hangs] });
    await tasker.start();
    try {
      const counts = noCounts();
      await sendSteadily(tasker, counts, { ...madeUpTime(5000), ratePerSecond: 8, contexts: checkoutContexts(1) });
      assert.deepEqual(counts, { accepted: 40, waiting: 0, turnedAway: 0 });
      assert.equal((await tasker.list({ status: 'in_progress', limit: 1000 })).tasks.length, 40);
    } finally {
      await tasker.stop({ graceMs: 0 });
    }
  });

  it('waits at the door while no engine runs, and each customer has one checkout in the end', async () => {
    const quick = defineTask({
      namespace_name: 'ecommerce',
      name: 'monitored_checkout',
      step_templates: [{ name: 'quick', handler: () => ({}) }],
    });
    const tasker = await createTasker({ storage: { kind: 'memory' }, tasks: [quick] });
    const counts = noCounts();
    let tries = 0;
    const time = madeUpTime(1000);
    const door = {
      // The engine starts when somebody has been sent away for the tenth time.
      run: async (request: Request) => {
        tries += 1;
        if (tries === 10) await tasker.start();
        return tasker.run(request);
      },
    };
    try {
      await sendSteadily(door, counts, { ...time, ratePerSecond: 3, contexts: checkoutContexts(1) });
      assert.ok(tries > 10);
      assert.equal(counts.accepted, 3);
      assert.equal((await tasker.list()).tasks.length, 3);
    } finally {
      await tasker.stop();
    }
  });

  it('ends with what a checkout was refused for', async () => {
    const tasker = await createTasker({ storage: { kind: 'memory' } });
    await tasker.start();
    try {
      const options = { ...madeUpTime(5000), ratePerSecond: 8, contexts: checkoutContexts(1) };
      await assert.rejects(sendSteadily(tasker, noCounts(), options), { code: 'TASKER_TEMPLATE_NOT_FOUND' });
    } finally {
      await tasker.stop();
    }
  });
});
