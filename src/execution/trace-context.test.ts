import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatTraceparent, isTracestate, parseTraceparent } from './trace-context.ts';

const valid = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

test('a traceparent is read and written as W3C Trace Context has it; what is none starts a new trace', () => {
  const parsed = parseTraceparent(valid);
  assert.deepEqual(parsed, { traceId: valid.slice(3, 35), spanId: valid.slice(36, 52), sampled: true });
  assert.equal(formatTraceparent(parsed), valid);
  assert.equal(parseTraceparent(valid.replace(/01$/, '02'))?.sampled, false, 'only the lowest flag says so');
  assert.equal(parseTraceparent(`01${valid.slice(2)}-more`)?.sampled, true, 'a later version may go on');
  for (const none of [
    undefined,
    '',
    `${valid}-more`,
    `ff${valid.slice(2)}`,
    valid.toUpperCase(),
    valid.replace(/4bf92f3577b34da6a3ce929d0e0e4736/, '0'.repeat(32)),
    valid.replace(/00f067aa0ba902b7/, '0'.repeat(16)),
  ])
    assert.equal(parseTraceparent(none), null, none);
});

test('a trace state is handed on only if it is one', () => {
  for (const right of ['a=1', 'vendor=opaque, other@system=x y', `${'k'.repeat(256)}=v`, '1a-_*/=~'])
    assert.ok(isTracestate(right), right);
  const tooMany = Array.from({ length: 33 }, (_, index) => `k${index}=v`).join();
  for (const wrong of [undefined, '', 'a', 'A=1', 'a=', 'a=1=2', 'a=1,', 'a=1\n', 'a=ü', 'a b=1', tooMany])
    assert.ok(!isTracestate(wrong), wrong);
});
