import assert from 'node:assert/strict';

import type { Delivery, LogRecord, Sink } from '../../index.ts';

/** What any test runner has: `describe` and `it` of node:test, for one. */
export interface Runner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
}

/** A sink to be tried, and its destination. */
export interface SinkUnderTest {
  readonly sink: Sink;
  /** The event names of all that has arrived, in order. */
  readonly arrived: () => Promise<readonly string[]>;
  /** Makes the destination refuse everything from now on. */
  readonly breakDestination: () => Promise<void>;
  /** After the last test of this sink. */
  readonly cleanUp?: () => Promise<void>;
}

/**
 * What must hold of every sink. `make` gives a new one each time, with a destination of its own; `runner` is the test
 * runner's, so that this suite needs none in particular.
 */
export function sinkContract(name: string, make: () => Promise<SinkUnderTest>, { describe, it }: Runner): void {
  const trying = async (body: (made: SinkUnderTest) => Promise<void>): Promise<void> => {
    const made = await make();
    try {
      await body(made);
    } finally {
      await made.sink.close?.();
      await made.cleanUp?.();
    }
  };
  const signal = new AbortController().signal;

  describe(`the sink ${name}`, () => {
    it('delivers what it is given, in order', () =>
      trying(async ({ sink, arrived }) => {
        for (const batch of [['a'], ['b', 'c'], ['d']]) {
          assert.deepEqual(await sink.logs(batch.map(record), { signal }), { kind: 'delivered' });
        }
        assert.deepEqual(await arrived(), ['a', 'b', 'c', 'd']);
      }));

    it('delivers a batch of a thousand', () =>
      trying(async ({ sink, arrived }) => {
        const names = Array.from({ length: 1000 }, (_, index) => `event.${index}`);
        assert.deepEqual(await sink.logs(names.map(record), { signal }), { kind: 'delivered' });
        assert.deepEqual(await arrived(), names);
      }));

    it('has nothing to say of an empty batch', () =>
      trying(async ({ sink, arrived }) => {
        assert.deepEqual(await sink.logs([], { signal }), { kind: 'delivered' });
        assert.deepEqual(await arrived(), []);
      }));

    it('takes any text and any JSON, and records of no trace', () =>
      trying(async ({ sink, arrived }) => {
        const odd = Object.freeze({
          ...record('odd'),
          body: 'two\nlines, a "quote", \u2028 and 😀',
          traceId: null,
          spanId: null,
          attributes: { 'a\nb': [1, null, { deep: '\u0000' }], long: 'x'.repeat(100_000) },
        });
        assert.deepEqual(await sink.logs([odd, record('after')], { signal }), { kind: 'delivered' });
        assert.deepEqual(await arrived(), ['odd', 'after']);
      }));

    it('takes the same again: a delivery may come twice', () =>
      trying(async ({ sink }) => {
        assert.deepEqual(await sink.logs([record('a')], { signal }), { kind: 'delivered' });
        assert.deepEqual(await sink.logs([record('a')], { signal }), { kind: 'delivered' });
      }));

    it('says that its destination refuses, with a reason and a wait that can be waited, and throws nothing', () =>
      trying(async ({ sink, breakDestination }) => {
        await breakDestination();
        for (const tried of [await sink.logs([record('a')], { signal }), await sink.logs([record('a')], { signal })])
          requireRefusal(tried);
      }));

    it('settles without delivering when nobody waits any longer', () =>
      trying(async ({ sink, arrived }) => {
        const tried = await sink.logs([record('a')], { signal: AbortSignal.abort() });
        requireRefusal(tried);
        assert.equal(tried.kind, 'retryable');
        assert.deepEqual(await arrived(), []);
      }));

    it('can be closed twice, and answers whoever comes later', () =>
      trying(async ({ sink }) => {
        await sink.close?.();
        await sink.close?.();
        const late = await sink.logs([record('late')], { signal });
        if (late.kind !== 'delivered') requireRefusal(late);
      }));
  });
}

function record(eventName: string): LogRecord {
  return Object.freeze({
    timestampMs: 1_790_000_000_000,
    severity: 'info',
    eventName,
    body: 'All steps are done.',
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    attributes: Object.freeze({ 'tasker.task.id': 't1' }),
  });
}

function requireRefusal(delivery: Delivery): asserts delivery is Exclude<Delivery, { readonly kind: 'delivered' }> {
  assert.ok(delivery.kind === 'retryable' || delivery.kind === 'rejected', `it said '${delivery.kind}'`);
  assert.ok(delivery.reason.length > 0);
  if (delivery.kind === 'retryable' && delivery.afterMs !== undefined)
    assert.ok(Number.isFinite(delivery.afterMs) && delivery.afterMs >= 0);
}
