import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import type { Deliver, Delivery } from '../../signals/delivery.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { seededRandom } from '../../testing/seeded-random.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { waitMs } from './retry-policy.ts';
import { type SinkChange, SinkMeter } from './sink-meter.ts';
import { steady } from './steady-delivery.ts';

const busy: Delivery = { kind: 'retryable', reason: 'busy' };
const done: Delivery = { kind: 'delivered' };

/** A sink that answers as it is told, then takes everything. */
function world(answers: Delivery[] = [], options: { portion?: number; giveUpAfterMs?: number } = {}) {
  const clock = new FakeClock();
  const changes: SinkChange[] = [];
  const taken: number[][] = [];
  const calls: number[] = [];
  const deliver: Deliver<number> = async (signals) => {
    calls.push(clock.monotonicMs());
    const answer = answers.shift() ?? done;
    if (answer.kind === 'delivered') taken.push([...signals]);
    return answer;
  };
  const meter = new SinkMeter({ sink: 's', signal: 'logs' }, (change) => void changes.push(change));
  const breaker = new CircuitBreaker({ failures: 4, openMs: 5000 });
  const made = steady(deliver, { clock, random: seededRandom(1), meter, breaker, ...options });
  const stop = new AbortController();
  const offer = (signals: readonly number[]) => made(signals, { signal: stop.signal });
  const began = clock.monotonicMs();
  /** Another delivery to the same destination, when the one before was stopped. */
  const restart = (again: Deliver<number>) => {
    stop.abort();
    const next = new AbortController();
    const anew = steady(again, { clock, random: seededRandom(1), meter, breaker, ...options });
    return {
      deliver: (signals: readonly number[]) => anew(signals, { signal: next.signal }),
      stop: () => next.abort(),
    };
  };
  return { clock, changes, taken, offer, meter, breaker, stop, restart, calls: () => calls.map((at) => at - began) };
}

test('it hands over in portions, in order, and is done when all are', async () => {
  const { offer, taken, meter } = world([], { portion: 2 });
  assert.deepEqual(await offer([1, 2, 3, 4, 5]), done);
  assert.deepEqual(taken, [[1, 2], [3, 4], [5]]);
  assert.deepEqual(meter.figures, {
    sink: 's',
    signal: 'logs',
    delivered: 5,
    retries: 0,
    dropped: 0,
    queued: 0,
    failing: false,
  });
});

test('what cannot be taken now is offered again, not sooner than was asked for; that it fails and recovers is told once', async () => {
  const { clock, offer, taken, changes, calls, meter } = world([busy, { ...busy, afterMs: 7000 }, busy]);
  const offered = offer([1]);
  await clock.advance(200);
  assert.equal(meter.figures.queued, 1);
  await clock.advance(20_000);
  assert.deepEqual(await offered, done);
  assert.deepEqual(taken, [[1]]);
  const [first, second, third, fourth] = calls();
  assert.equal(first, 0);
  assert.ok((second ?? 0) >= 160 && (second ?? 0) <= 200, `${second}`);
  assert.equal((third ?? 0) - (second ?? 0), 7000);
  assert.ok((fourth ?? 0) - (third ?? 0) <= 800);
  assert.deepEqual(
    changes.map(({ kind }) => kind),
    ['failing', 'recovered'],
  );
});

test('what is rejected is dropped and told, and what comes after it goes on', async () => {
  const { offer, taken, changes } = world([{ kind: 'rejected', reason: 'too large' }], { portion: 1 });
  assert.deepEqual(await offer([1, 2]), done);
  assert.deepEqual(taken, [[2]]);
  assert.deepEqual(changes, [{ kind: 'dropped', dropped: 1, reason: 'too large' }]);
});

test('what is too much at once is handed over in halves; what is too large alone is dropped alone', async () => {
  const clock = new FakeClock();
  const taken: number[] = [];
  const changes: SinkChange[] = [];
  const meter = new SinkMeter({ sink: 's', signal: 'logs' }, (change) => void changes.push(change));
  const small: Deliver<number> = async (signals) => {
    const size = signals.reduce((sum, one) => sum + one, 0);
    if (size > 10) return { kind: 'rejected', reason: 'too large', tooLarge: true };
    taken.push(...signals);
    return done;
  };
  const offer = steady(small, { clock, random: seededRandom(1), meter, breaker: new CircuitBreaker() });
  assert.deepEqual(await offer([4, 5, 6, 99, 7, 1], { signal: new AbortController().signal }), done);
  assert.deepEqual(taken, [4, 5, 6, 7, 1]);
  assert.deepEqual(changes, [{ kind: 'dropped', dropped: 1, reason: 'too large' }]);
  assert.deepEqual([meter.figures.delivered, meter.figures.dropped, meter.figures.queued], [5, 1, 0]);
});

test('after its time it is given up: one that is down holds nobody up for ever', async () => {
  const { clock, offer, changes, meter } = world(
    Array.from({ length: 1000 }, () => busy),
    { giveUpAfterMs: 60_000 },
  );
  const offered = offer([1, 2, 3]);
  await clock.advance(61_000);
  assert.deepEqual(await offered, done);
  assert.deepEqual(changes.at(-1), { kind: 'dropped', dropped: 3, reason: 'given up after 60000 ms: busy' });
  assert.equal(meter.figures.dropped, 3);
});

test('a destination that is down is spared: between tries of an open circuit it hears nothing', async () => {
  const { clock, offer, calls } = world(Array.from({ length: 5 }, () => busy));
  const offered = offer([1]);
  await clock.advance(30_000);
  assert.deepEqual(await offered, done);
  const gaps = calls().map((at, index, all) => at - (all[index - 1] ?? at));
  assert.ok((gaps[4] ?? 0) >= 5000 && (gaps[5] ?? 0) >= 5000, String(gaps));
});

test('one that throws, or never answers, has broken its contract; it holds nothing else up', async () => {
  const clock = new FakeClock();
  const changes: SinkChange[] = [];
  const meter = new SinkMeter({ sink: 's', signal: 'logs' }, (change) => void changes.push(change));
  const options = { clock, random: seededRandom(1), meter, breaker: new CircuitBreaker(), giveUpAfterMs: 1000 };
  const { signal } = new AbortController();
  const throwing = steady<number>(() => Promise.reject(new TypeError('x')), options);
  assert.deepEqual(await throwing([1], { signal }), done);
  const silent = steady<number>(() => new Promise(() => undefined), options)([1], { signal });
  await clock.advance(1000);
  assert.deepEqual(await silent, done);
  assert.deepEqual(
    changes.map((change) => 'reason' in change && change.reason),
    ['it threw TypeError', 'it did not answer in time'],
  );
});

test('when nobody waits any longer it lets go at once, and nothing counts as dropped', async () => {
  const { clock, offer, stop, meter } = world(Array.from({ length: 9 }, () => busy));
  const offered = offer([1]);
  await clock.advance(300);
  stop.abort();
  assert.equal((await offered).kind, 'retryable');
  assert.deepEqual([meter.figures.dropped, meter.figures.queued], [0, 0]);
});

test('a try that nobody waited for to the end leaves the circuit as it was: the next is let through', async () => {
  const { clock, offer, breaker, restart } = world([busy, busy, busy, busy]);
  void offer([1]);
  await clock.advance(1500);
  assert.equal(breaker.state, 'open');
  const { deliver, stop } = restart(() => new Promise(() => undefined));
  await clock.advance(5000);
  const left = deliver([2]);
  assert.equal(breaker.state, 'half-open');
  stop();
  assert.equal((await left).kind, 'retryable');
  const next = restart(async () => done);
  assert.equal((await next.deliver([3])).kind, 'delivered');
});

test('waits grow to their limit, less a part by chance, and never below what was asked for', () => {
  const policy = { firstWaitMs: 100, longestWaitMs: 3000, jitter: 0.2 };
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2000 }),
      fc.option(fc.integer({ min: 0, max: 1e6 })),
      fc.nat(),
      (failures, asked, seed) => {
        const wait = waitMs(failures, asked ?? undefined, policy, seededRandom(seed));
        const grown = Math.min(3000, 100 * 2 ** Math.min(failures - 1, 30));
        assert.ok(wait >= (asked ?? 0) && wait <= Math.max(grown, asked ?? 0) && wait >= grown * 0.8);
      },
    ),
  );
});
