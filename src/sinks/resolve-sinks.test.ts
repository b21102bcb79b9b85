import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FakeClock } from '../testing/fake-clock.ts';
import { closeSinks } from './close-sinks.ts';
import { defineSink, type Sink } from './define-sink.ts';
import { resolveSinks } from './resolve-sinks.ts';

const sink = (name: string, close?: () => Promise<void>): Sink =>
  defineSink({ name, logs: async () => ({ kind: 'delivered' }), ...(close !== undefined && { close }) });

test('a sink that is none is refused with all that is wrong with it', () => {
  assert.throws(() => resolveSinks([{ name: 'a b', logs: 1 } as unknown as Sink]), {
    code: 'TASKER_SINK_INVALID',
    message: "Sink 'a b' is not valid:\n  - name: expected 1 to 40 of A-Z a-z 0-9 . _ -\n  - logs: expected a function",
  });
  assert.throws(() => resolveSinks([undefined as unknown as Sink]), /Sink 'number 1' is not valid/);
  assert.throws(() => resolveSinks([sink('a'), sink('a')]), /there are two of this name/);
  assert.throws(
    () => resolveSinks([{ name: 'a' }]),
    /it takes no signal: expected a function logs, traces, metrics or alerts/,
  );
  assert.equal(resolveSinks([sink('a'), sink('b')]).length, 2);
});

test('one that does not close, or fails to, is told of and keeps nobody', async () => {
  const clock = new FakeClock();
  const problems: unknown[] = [];
  let closed = false;
  const good = sink('good', async () => {
    closed = true;
  });
  const hanging = sink('hanging', () => new Promise(() => undefined));
  const failing = sink('failing', () => Promise.reject(new Error('no')));
  const all = closeSinks([hanging, failing, sink('without'), good], clock, (error) => problems.push(error));
  await clock.advance(2000);
  await all;
  assert.ok(closed);
  assert.deepEqual(problems.map(String).sort(), [
    'Error: no',
    "Error: sink 'hanging' did not close within 2000 ms and was left behind",
  ]);
});
