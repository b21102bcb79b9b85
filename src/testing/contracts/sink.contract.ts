import assert from 'node:assert/strict';

import { inspect } from 'node:util';

import type { AlertIncident, AlertNotice, Delivery, LogRecord, Sink, Span } from '../../index.ts';

/** What any test runner has: `describe` and `it` of node:test, for one. */
export interface Runner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
}

/** A sink to be tried, and its destination. */
export interface SinkUnderTest {
  readonly sink: Sink;
  /** What has arrived, in order: the event names of log records, the names of spans, the tasks of incidents. */
  readonly arrived: () => Promise<readonly string[]>;
  /** Makes the destination refuse everything from now on. */
  readonly breakDestination: () => Promise<void>;
  /** Keys, and addresses that are as good as keys: neither the sink nor what it says may hold one. */
  readonly secrets?: readonly string[];
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

    it('delivers a large batch', () =>
      trying(async ({ sink, arrived }) => {
        const names = Array.from({ length: largeBatch(sink) }, (_, index) => `event.${index}`);
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

    it('shows its secrets neither in itself nor in what it says', () =>
      trying(async ({ sink, breakDestination, secrets = [] }) => {
        const before = await give(sink, ['a'], signal);
        await breakDestination();
        const said = [before, await give(sink, ['b'], signal)];
        const shown = [sink, said].map((one) => inspect(one, { depth: null, showHidden: true }) + JSON.stringify(one));
        for (const secret of secrets) assert.ok(!shown.join('').includes(secret), 'a secret is shown');
      }));

    it('takes whatever is said of an incident, if it takes alerts', () =>
      trying(async ({ sink }) => {
        if (sink.alerts === undefined) return;
        for (const said of aLife) assert.deepEqual(await sink.alerts([said], { signal }), { kind: 'delivered' });
        assert.deepEqual(await sink.alerts(aLife, { signal }), { kind: 'delivered' });
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
  if (sink.traces !== undefined) return sink.traces(names.map(span), { signal });
  assert.ok(sink.alerts !== undefined, 'it takes no signal');
  return sink.alerts(
    names.map((name) => notice('trigger', name)),
    { signal },
  );
}

/** Notices come one at a time; receivers count how often they are called. */
function largeBatch({ logs, traces }: Sink): number {
  return logs === undefined && traces === undefined ? 50 : 1000;
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

function notice(kind: Exclude<AlertNotice['kind'], 'summary'>, task: string): AlertNotice {
  return Object.freeze({ kind, atMs: 1_790_000_012_000, incident: incident(task) });
}

const aLife: readonly AlertNotice[] = [
  notice('trigger', 'whole'),
  notice('update', 'whole'),
  notice('repeat', 'whole'),
  notice('acknowledge', 'whole'),
  notice('resolve', 'whole'),
  notice('settle', 'whole'),
  { kind: 'summary', atMs: 1_790_000_900_000, missed: [incident('missed'), incident('odd')] },
];

function incident(task: string): AlertIncident {
  const plain: AlertIncident = {
    key: task,
    severity: 'error',
    environment: 'production',
    policy: 'step-stalled',
    joined: [],
    summary: 'A step hangs.',
    namespace: 'shop',
    task,
    step: 'pay',
    system: null,
    cause: 'hang',
    firstError: null,
    sinceMs: 1_790_000_000_000,
    tasksHit: 3,
    hitBy: { customer_tier: { premium: 3 } },
    labels: {},
    scope: [],
    lost: {},
    atRisk: { USD: 12_997 },
    trend: 'growing',
    action: 'Look at it.',
    runbookUrl: null,
    consoleUrl: null,
    exampleTask: null,
    exampleTrace: null,
  };
  if (task !== 'odd') return Object.freeze(plain);
  const texts = { environment: oddText, policy: oddText, summary: long, step: oddText, cause: long, action: oddText };
  return Object.freeze({
    ...plain,
    ...texts,
    joined: ['', oddText, long],
    namespace: '<&> "\ud800"',
    firstError: { type: oddText, code: '\u0000', status: 502 },
    scope: [{ field: '\udfff', values: ['', '*_~`|', long] }],
    lost: { unknown: 5, JPY: -1 },
    runbookUrl: 'no address',
    consoleUrl: `https://console.example/${long}`,
    exampleTask: oddText,
  });
}

function requireRefusal(delivery: Delivery): asserts delivery is Exclude<Delivery, { readonly kind: 'delivered' }> {
  assert.ok(delivery.kind === 'retryable' || delivery.kind === 'rejected', `it said '${delivery.kind}'`);
  assert.ok(delivery.reason.length > 0);
  if (delivery.kind === 'retryable' && delivery.afterMs !== undefined)
    assert.ok(Number.isFinite(delivery.afterMs) && delivery.afterMs >= 0);
}
