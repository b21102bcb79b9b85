import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { CircuitBreaker } from './circuit-breaker.ts';

const limits = { failures: 3, openMs: 1000 };

test('so many failures in a row open it; after its time one try is let through, and decides', () => {
  const breaker = new CircuitBreaker(limits);
  for (let count = 0; count < 3; count += 1) {
    assert.equal(breaker.ask(0), 0);
    breaker.failed(0);
  }
  assert.deepEqual([breaker.state, breaker.ask(400)], ['open', 600]);
  assert.equal(breaker.ask(1000), 0);
  assert.equal(breaker.state, 'half-open');
  assert.ok(breaker.ask(1000) > 0, 'a second one waits for what becomes of the first');
  breaker.failed(1000);
  assert.deepEqual([breaker.state, breaker.ask(1500)], ['open', 500]);
  assert.equal(breaker.ask(2000), 0);
  breaker.succeeded();
  assert.deepEqual([breaker.state, breaker.ask(2000)], ['closed', 0]);
});

test('a success between failures closes the count', () => {
  const breaker = new CircuitBreaker(limits);
  for (let count = 0; count < 10; count += 1) {
    breaker.failed(0);
    breaker.failed(0);
    breaker.succeeded();
  }
  assert.equal(breaker.state, 'closed');
});

test('whatever happens: it is never open without so many failures, and never longer than its time', () => {
  const happening = fc.oneof(
    fc.record({ kind: fc.constant('tries' as const), succeeds: fc.boolean() }),
    fc.record({ kind: fc.constant('passes' as const), ms: fc.integer({ min: 1, max: 1500 }) }),
  );
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (story) => {
      const breaker = new CircuitBreaker(limits);
      let now = 0;
      let inARow = 0;
      for (const one of story) {
        if (one.kind === 'passes') {
          now += one.ms;
          continue;
        }
        const held = breaker.ask(now);
        assert.ok(held <= limits.openMs);
        if (held > 0) {
          assert.ok(inARow >= limits.failures, 'it was closed by nothing');
          continue;
        }
        inARow = one.succeeds ? 0 : inARow + 1;
        if (one.succeeds) breaker.succeeded();
        else breaker.failed(now);
      }
      assert.equal(breaker.ask(now + limits.openMs), 0, 'after its time somebody is let through');
    }),
  );
});
