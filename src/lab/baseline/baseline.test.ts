import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { LoggedEvent } from '../../index.ts';
import { Baseline } from './baseline.ts';
import { increase } from './series.ts';

const watched = [{ namespace: 'shop', name: 'checkout', steps: [{ name: 'pay' }] }];

function event(at: number, name: string, extra: object = {}): LoggedEvent {
  const about = { taskId: 't', namespace: 'shop', taskName: 'checkout', step: null, payload: {} };
  return { ...about, name, occurredAt: at * 1000, ...extra } as unknown as LoggedEvent;
}

/** What fired and ended, by rule and second. */
function story(events: readonly LoggedEvent[], untilSeconds: number): readonly string[] {
  const baseline = new Baseline(watched, 0);
  for (const one of events) baseline.take(one);
  baseline.advanceTo(untilSeconds * 1000);
  return baseline.received.map(({ atMs, notice }) =>
    notice.kind === 'summary' ? '' : `${notice.incident.policy} ${notice.kind} ${atMs / 1000}`,
  );
}

/** One task a second, of which so many complete. */
function traffic(fromSeconds: number, toSeconds: number, completed: (at: number) => boolean): LoggedEvent[] {
  const events: LoggedEvent[] = [];
  for (let at = fromSeconds; at < toSeconds; at += 1) {
    events.push(event(at + 0.5, 'task.initialize_requested'));
    if (completed(at)) events.push(event(at + 0.6, 'task.completed'));
  }
  return events;
}

describe('increase, as Prometheus extrapolates it', () => {
  const samples = (from: number, to: number, value: (at: number) => number) =>
    Array.from({ length: (to - from) / 15 + 1 }, (_unused, index) => {
      const at = from + 15 * index;
      return { at, value: value(at) };
    });

  test('over samples at both ends of the range, it is their difference', () => {
    assert.equal(
      increase(
        samples(0, 300, (at) => at),
        300,
        300,
      ),
      300,
    );
  });

  test('ends that are near are covered, others by half an interval', () => {
    assert.equal(
      increase(
        samples(0, 300, (at) => 1000 + at),
        310,
        300,
      ),
      285 + 15,
    );
    assert.equal(
      increase(
        samples(0, 60, (at) => 1000 + at),
        300,
        300,
      ),
      60 + 0 + 7.5,
    );
  });

  test('never below zero before the first sample', () => {
    assert.equal(
      increase(
        samples(10, 70, (at) => (at - 10) / 60),
        70,
        70,
      ),
      1,
    );
  });

  test('of fewer than two samples, there is none', () => {
    assert.equal(increase([{ at: 300, value: 5 }], 300, 300), null);
  });
});

test('conversion that falls below 80 % fires after it has for two minutes, and ends when the window is good again', () => {
  const events = traffic(0, 1500, (at) => at < 600 || at >= 900);
  const [fired = '', ended = ''] = story(events, 1500);
  // Of 300 s, 60 without a conversion are a fifth: seen first at 675, and for 120 s at 795.
  assert.match(fired, /^ConversionLow trigger (780|795)$/);
  assert.match(ended, /^ConversionLow resolve (1140|1155)$/);
});

test('conversion that was never below 80 % of the window is not told of', () => {
  assert.deepEqual(
    story(
      traffic(0, 1500, (at) => at < 600 || at >= 655),
      1500,
    ),
    [],
  );
});

test('a step fires when its attempts take more than 30 s on average for five minutes; that hang on count when they end', () => {
  const attempt = (at: number, durationMs: number) =>
    event(at, 'step.failed', { step: 'pay', payload: { durationMs } });
  const slow = Array.from({ length: 60 }, (_unused, index) => attempt(310 + 10 * index, 31_000));
  assert.deepEqual(story(slow, 900), ['StepSlow trigger 615']);
  const quick = slow.map(({ occurredAt }) => attempt(occurredAt / 1000, 29_000));
  assert.deepEqual(story(quick, 900), []);
});

test('one failure of a premium customer fires with the next scrape, and ends five minutes later', () => {
  const failed = (customer_tier: string) => event(100, 'task.failed', { business: { customer_tier } });
  assert.deepEqual(story([failed('premium')], 600), ['PremiumFailed trigger 105', 'PremiumFailed resolve 405']);
  assert.deepEqual(story([failed('standard')], 600), []);
});
