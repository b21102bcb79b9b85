import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startMs } from './simulated-checkouts.ts';
import { alertingOptions, Story } from './story.ts';

const triggered = (story: Story): readonly string[] => story.said.filter((one) => one.startsWith('triggered'));

const block = { worker: 'w', pid: 1, host: 'shop-1', blockedMs: 4100, limitMs: 1000, handler: null };

test('attempts that were long because their worker was blocked are no slow step: the worker is told of alone', () => {
  const run = (blockedMs: number): readonly string[] => {
    const story = new Story().usual(300);
    for (let number = 0; number < 40; number += 1)
      story.start(`late-${number}`).done(`late-${number}`, 'create_order', 4140, { blockedMs });
    return triggered(story.tell('worker.unresponsive', block).wait(5));
  };
  assert.deepEqual(run(0), ['triggered step_slow create_order', 'triggered worker_unresponsive']);
  assert.deepEqual(run(4100), ['triggered worker_unresponsive']);
  assert.deepEqual(run(40), ['triggered step_slow create_order', 'triggered worker_unresponsive'], 'slow all the same');
});

test('a time-out that a block has made is no failure of the step; one that would have come anyway is', () => {
  const run = (error: object, more: object): readonly string[] => {
    const story = new Story().usual(100);
    for (let number = 0; number < 20; number += 1)
      story
        .start(`hit-${number}`)
        .failed(`hit-${number}`, 'process_payment', error, 'no', 1, { durationMs: 5000, ...more });
    return triggered(story);
  };
  const timeout = { type: 'TimeoutError' };
  const told = ['triggered error_ratio process_payment'];
  assert.deepEqual(run(timeout, { cause: 'timeout', blockedMs: 4100 }), []);
  assert.deepEqual(run(timeout, { blockedMs: 4100 }), [], "the handler's own time limit stood still with it");
  assert.deepEqual(run(timeout, { cause: 'timeout' }), told);
  assert.deepEqual(run(timeout, { cause: 'timeout', blockedMs: 1100 }), told);
  assert.deepEqual(run({ type: 'ServiceError', status: 502 }, { blockedMs: 4100 }), told);
});

test('a step that is slow while its worker is blocked now and then is not well by that', () => {
  const story = new Story().usual(300);
  for (let number = 0; number < 40; number += 1)
    story
      .start(`late-${number}`)
      .done(`late-${number}`, 'create_order', 5000, { blockedMs: number % 3 === 0 ? 1100 : 0 })
      .wait(1);
  assert.deepEqual(
    story.said.filter((one) => !one.startsWith('updated')),
    ['triggered step_slow create_order'],
  );
});

test('a worker that starts beside others hides no silence; the last one that has gone does', () => {
  const started = (worker: string) => ['worker.started', { worker, pid: 1, host: 'h', nodeVersion: '24' }] as const;
  const stopped = (worker: string) =>
    ['worker.stopped', { worker, pid: 1, host: 'h', uptimeMs: 1, returnedAttempts: 0, abandonedHandlers: 0 }] as const;
  const lost = (worker: string) =>
    ['worker.lost', { worker, pid: 1, host: 'h', startedAt: startMs, tasksHeld: 0 }] as const;
  const fleet = (): Story =>
    new Story(alertingOptions([{ name: 'worker_lost', enabled: false }]))
      .tell(...started('a'))
      .tell(...started('b'))
      .usual(300);
  const restarting = fleet();
  for (let round = 0; round < 10; round += 1) {
    const gone = round === 0 ? 'b' : `b${round - 1}`;
    restarting.wait(12);
    if (round % 2 === 0) restarting.tell(...stopped(gone));
    else restarting.tell(...lost(gone));
    restarting.restart().tell(...started(`b${round}`));
  }
  assert.deepEqual(triggered(restarting), ['triggered no_traffic']);
  const deployed = fleet()
    .wait(12)
    .tell(...stopped('a'))
    .tell(...lost('b'));
  deployed.away(600).tell(...started('c'));
  assert.deepEqual(triggered(deployed.wait(20)), []);
  assert.deepEqual(triggered(deployed.wait(100)), ['triggered no_traffic']);
});
