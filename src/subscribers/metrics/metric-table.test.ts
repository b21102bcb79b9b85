import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import type { MetricDefinition } from '../../signals/metric.ts';
import { MetricTable, overflowLabel } from './metric-table.ts';

const definitions: readonly MetricDefinition[] = [
  { name: 'sold_total', help: 'Sold.', type: 'counter', labelNames: ['tier'] },
  { name: 'open', help: 'Open.', type: 'gauge', labelNames: [] },
  { name: 'took_seconds', help: 'Took.', type: 'histogram', labelNames: ['step'], buckets: [0.1, 1] },
];
const family = (table: MetricTable, name: string) => table.families().find((one) => one.name === name);
const seen = { traceId: '0af7651916cd43dd8448eb211c80319c', occurredAt: 1500 };

test('an observation falls into the first bucket that holds it, the bound included, and leaves an exemplar', () => {
  const table = new MetricTable(definitions);
  for (const value of [0.05, 0.1, 0.5, 7]) table.observe('took_seconds', ['pay'], value, seen);
  const [series] = family(table, 'took_seconds')?.series ?? [];
  assert.deepEqual(series?.buckets, [2, 1, 1]);
  assert.equal(series?.value, 7.65);
  assert.deepEqual(series?.exemplars?.['2'], { traceId: seen.traceId, value: 7, timestampSeconds: 1.5 });
});

test('what is beyond the limit of series goes into one for all, and is told: the sum stays right', () => {
  const table = new MetricTable(definitions, 2);
  for (const tier of ['a', 'b', 'c', 'd', 'a']) table.add('sold_total', [tier], 10);
  assert.deepEqual(
    family(table, 'sold_total')?.series.map(({ labels, value }) => [labels[0], value]),
    [
      ['a', 20],
      ['b', 10],
      [overflowLabel, 20],
    ],
  );
  assert.equal(table.value('tasker_metric_series_overflow_total', ['sold_total']), 2);
});

test('what was stored is found again', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.constantFrom('x', 'y', 'z'),
          fc.integer({ min: 0, max: 1e9 }),
          fc.double({ min: 0, max: 5, noNaN: true }),
        ),
      ),
      (story) => {
        const table = new MetricTable(definitions);
        for (const [label, amount, took] of story) {
          table.add('sold_total', [label], amount);
          table.set('open', [], amount);
          table.observe('took_seconds', [label], took, { occurredAt: seen.occurredAt });
        }
        const restored = new MetricTable(definitions);
        restored.restore(JSON.parse(JSON.stringify(table.encode())));
        assert.deepEqual(restored.families(), table.families());
      },
    ),
  );
});

test('with other labels the sums stay, and what no longer differs is one; with other buckets it begins anew', () => {
  const before = new MetricTable([
    { name: 'sold_total', help: '', type: 'counter', labelNames: ['tier', 'region'] },
    { name: 'took_seconds', help: '', type: 'histogram', labelNames: ['step', 'tier'], buckets: [1, 2] },
    { name: 'wait_seconds', help: '', type: 'histogram', labelNames: [], buckets: [1] },
  ]);
  before.add('sold_total', ['gold', 'eu'], 5);
  before.add('sold_total', ['gold', 'us'], 7);
  before.add('sold_total', [overflowLabel, overflowLabel], 1);
  for (const tier of ['gold', 'basic']) before.observe('took_seconds', ['pay', tier], 1.5, seen);
  before.observe('wait_seconds', [], 1, seen);
  const after = new MetricTable([
    { name: 'sold_total', help: '', type: 'counter', labelNames: ['currency', 'tier'] },
    { name: 'took_seconds', help: '', type: 'histogram', labelNames: ['step'], buckets: [1, 2] },
    { name: 'wait_seconds', help: '', type: 'histogram', labelNames: [], buckets: [3] },
  ]);
  after.restore(JSON.parse(JSON.stringify(before.encode())));
  const series = (name: string) =>
    family(after, name)?.series.map(({ labels, value, buckets }) => [labels, value, buckets]);
  assert.deepEqual(series('sold_total'), [
    [['', 'gold'], 12, undefined],
    [[overflowLabel, overflowLabel], 1, undefined],
  ]);
  assert.deepEqual(series('took_seconds'), [[['pay'], 3, [0, 2, 0]]]);
  assert.deepEqual(series('wait_seconds'), []);
});

test('an observation of a trace that was not sampled leaves no exemplar: nobody would find it', () => {
  const table = new MetricTable(definitions);
  table.observe('took_seconds', ['pay'], 0.5, { ...seen, trace: { sampled: false } });
  assert.deepEqual(family(table, 'took_seconds')?.series[0]?.exemplars, {});
});
