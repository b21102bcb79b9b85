import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { quantile, Story } from './story.ts';
import type { LoggedEvent } from './tasker.ts';

function event(name: string, taskId: string, step: string | null, payload: object = {}): LoggedEvent {
  return { name, taskId, step, payload, business: { currency: 'USD', order_value: 500 } } as unknown as LoggedEvent;
}

describe('Story', () => {
  it('counts outcomes, steps and revenue from recorded events', () => {
    const story = new Story(['pay']);
    for (const told of [
      event('task.initialize_requested', 't1', null),
      event('step.execution_requested', 't1', 'pay'),
      event('step.completed', 't1', 'pay', { durationMs: 12 }),
      event('task.completed', 't1', null, { durationMs: 20 }),
    ]) {
      story.tell(told);
    }
    assert.deepEqual([story.started, story.ended, story.outcomes.completed], [1, 1, 1]);
    assert.deepEqual(story.steps.get('pay')?.durationsMs, [12]);
    assert.deepEqual([...story.revenueMinor], [['USD', 500]]);
  });

  it('never counts below nothing when it comes in on a task that is under way', () => {
    const story = new Story(['pay']);
    story.tell(event('step.failed', 't1', 'pay', { durationMs: 1 }));
    assert.deepEqual([story.started, story.ended, story.steps.get('pay')?.running.size], [1, 0, 0]);
  });
});

describe('quantile', () => {
  it('is the value that so many lie at or below', () => {
    assert.deepEqual([quantile([4, 1, 3, 2], 0.5), quantile([4, 1, 3, 2], 1), quantile([], 0.5)], [2, 4, null]);
  });
});
