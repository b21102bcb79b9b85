import assert from 'node:assert/strict';
import { test } from 'node:test';

import { delivered, type Delivery } from '../../signals/delivery.ts';
import { FakeClock, rest } from '../../testing/fake-clock.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { PatientDelivery } from './patient-delivery.ts';
import { type SinkChange, SinkMeter } from './sink-meter.ts';

const never = new AbortController().signal;

function patient(answer: () => Delivery | Promise<Delivery>) {
  const clock = new FakeClock();
  const changes: SinkChange[] = [];
  const meter = new SinkMeter({ sink: 's', signal: 'alerts' }, (change) => void changes.push(change));
  const random = { fraction: () => 0, fill: (bytes: Uint8Array) => void bytes.fill(0) };
  const delivery = new PatientDelivery<string>(async () => answer(), {
    clock,
    random: random as never,
    meter,
    breaker: new CircuitBreaker(),
  });
  return { clock, changes, meter, delivery };
}

test('each failure makes the next try wait longer, and as long as the destination asks', async () => {
  const answers: Delivery[] = [
    { kind: 'retryable', reason: 'busy' },
    { kind: 'retryable', reason: 'busy' },
    { kind: 'retryable', reason: 'busy', afterMs: 7000 },
  ];
  const { clock, delivery, changes } = patient(() => answers.shift() ?? delivered);
  const waits: number[] = [];
  for (let n = 0; n < 4; n += 1) {
    await delivery.once('a', never);
    waits.push(delivery.restMs);
    await clock.advance(delivery.restMs);
  }
  assert.deepEqual(waits, [200, 400, 7000, 0]);
  assert.deepEqual(
    changes.map(({ kind }) => kind),
    ['failing', 'recovered'],
  );
});

test('one that never answers has failed when its time is up, and may have been taken', async () => {
  const { clock, delivery, meter } = patient(() => new Promise<Delivery>(() => undefined));
  const outcome = delivery.once('a', never);
  await clock.advance(30_000);
  assert.deepEqual(await outcome, { kind: 'retryable', reason: 'it did not answer within 30000 ms' });
  assert.deepEqual([meter.figures.queued, meter.figures.retries], [0, 1]);
});

test('while the breaker is open nothing is tried, and what waits surely was not taken', async () => {
  let tries = 0;
  const { clock, delivery } = patient(() => {
    tries += 1;
    return { kind: 'retryable', reason: 'busy' };
  });
  for (let n = 0; n < 5; n += 1) {
    await delivery.once('a', never);
    await clock.advance(delivery.restMs);
  }
  const outcome = await delivery.once('a', never);
  assert.ok(outcome.kind === 'retryable' && outcome.taken === false);
  assert.equal(tries, 5);
});

test('one that throws is tried again; one that refuses is dropped and counted', async () => {
  const answers: (() => Delivery)[] = [
    () => {
      throw new TypeError('x');
    },
    () => ({ kind: 'rejected', reason: 'answered 400' }),
  ];
  const { delivery, meter } = patient(() => answers.shift()?.() ?? delivered);
  assert.deepEqual(await delivery.once('a', never), { kind: 'retryable', reason: 'it threw TypeError' });
  assert.equal((await delivery.once('a', never)).kind, 'rejected');
  assert.deepEqual([meter.figures.dropped, meter.figures.retries], [1, 1]);
});

test('a stop ends what is under way at once, and counts it as nothing', async () => {
  const stop = new AbortController();
  const { delivery, meter } = patient(() => new Promise<Delivery>(() => undefined));
  const outcome = delivery.once('a', stop.signal);
  await rest();
  stop.abort();
  assert.equal((await outcome).kind, 'retryable');
  assert.deepEqual([meter.figures.queued, meter.figures.retries], [0, 0]);
});
