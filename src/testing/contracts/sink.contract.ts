import assert from 'node:assert/strict';

import type { Delivery, LogRecord, Sink, Span } from '../../index.ts';

/** What any test runner has: `describe` and `it` of node:test, for one. */
export interface Runner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
}

/** A sink to be tried, and its destination. */
export interface SinkUnderTest {
  readonly sink: Sink;
  /** The event names of all log records, or the names of all spans, that have arrived, in order. */
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
          assert.deepEqual(await give(sink, batch, signal), { kind: 'delivered' });
        }
        assert.deepEqual(await arrived(), ['a', 'b', 'c', 'd']);
      }));

    it('delivers a batch of a thousand', () =>
      trying(async ({ sink, arrived }) => {
        const names = Array.from({ length: 1000 }, (_, index) => `event.${index}`);
        assert.deepEqual(await give(sink, names, signal), { kind: 'delivered' });
        assert.deepEqual(await arrived(), names);
      }));

    it('has nothing to say of an empty batch', () =>
      trying(async ({ sink, arrived }) => {
        assert.deepEqual(await give(sink, [], signal), { kind: 'delivered' });
        assert.deepEqual(await arrived(), []);
      }));

    it('takes any text and any value, and what belongs to nothing', () =>
      trying(async ({ sink, arrived }) => {
        assert.deepEqual(await give(sink, ['odd', 'after'], signal), { kind: 'delivered' });
        assert.deepEqual(await arrived(), ['odd', 'after']);
      }));

    it('takes the same again: a delivery may come twice', () =>
      trying(async ({ sink }) => {
        assert.deepEqual(await give(sink, ['a'], signal), { kind: 'delivered' });
        assert.deepEqual(await give(sink, ['a'], signal), { kind: 'delivered' });
      }));

    it('says that its destination refuses, with a reason and a wait that can be waited, and throws nothing', () =>
      trying(async ({ sink, breakDestination }) => {
        await breakDestination();
        for (const tried of [await give(sink, ['a'], signal), await give(sink, ['a'], signal)]) requireRefusal(tried);
      }));

    it('settles without delivering when nobody waits any longer', () =>
      trying(async ({ sink, arrived }) => {
        const tried = await give(sink, ['a'], AbortSignal.abort());
        requireRefusal(tried);
        assert.equal(tried.kind, 'retryable');
        assert.deepEqual(await arrived(), []);
      }));

    it('can be closed twice, and answers whoever comes later', () =>
      trying(async ({ sink }) => {
        await sink.close?.();
        await sink.close?.();
        const late = await give(sink, ['late'], signal);
        if (late.kind !== 'delivered') requireRefusal(late);
      }));
  });
}

/** The kind of signal that it takes; the contract is the same for all. */
function give(sink: Sink, names: readonly string[], signal: AbortSignal): Promise<Delivery> {
  if (sink.logs !== undefined) return sink.logs(names.map(record), { signal });
  assert.ok(sink.traces !== undefined, 'it takes no signal');
  return sink.traces(names.map(span), { signal });
}

const oddText = 'two\nlines, a "quote", \u2028 and 😀';
const long = 'x'.repeat(100_000);

function record(eventName: string): LogRecord {
  const plain = {
    timestampMs: 1_790_000_000_000,
    severity: 'info',
    eventName,
    body: 'All steps are done.',
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    attributes: Object.freeze({ 'tasker.task.id': 't1' }),
  } as const;
  if (eventName !== 'odd') return Object.freeze(plain);
  const attributes = { 'a\nb': [1, null, { deep: '\u0000' }], long };
  return Object.freeze({ ...plain, body: oddText, traceId: null, spanId: null, attributes });
}

function span(name: string): Span {
  const plain = {
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    parentSpanId: '53995c3f42cd8ad8',
    parentIsRemote: true,
    traceState: 'vendor=1',
    name,
    kind: 'internal',
    startMs: 1_790_000_000_000,
    endMs: 1_790_000_000_120.4,
    attributes: Object.freeze({ 'tasker.task.id': 't1' }),
    links: [],
    status: { code: 'unset' },
  } as const;
  if (name !== 'odd') return Object.freeze(plain);
  const odd: Span = {
    ...plain,
    parentSpanId: null,
    traceState: null,
    attributes: { 'a\nb': [1.5, -0, 9_007_199_254_740_991], empty: [], deep: '\u0000', text: oddText, long, no: false },
    links: [{ traceId: plain.traceId, spanId: '53995c3f42cd8ad8', attributes: { why: oddText } }],
    status: { code: 'error', message: oddText },
  };
  return Object.freeze(odd);
}

function requireRefusal(delivery: Delivery): asserts delivery is Exclude<Delivery, { readonly kind: 'delivered' }> {
  assert.ok(delivery.kind === 'retryable' || delivery.kind === 'rejected', `it said '${delivery.kind}'`);
  assert.ok(delivery.reason.length > 0);
  if (delivery.kind === 'retryable' && delivery.afterMs !== undefined)
    assert.ok(Number.isFinite(delivery.afterMs) && delivery.afterMs >= 0);
}
