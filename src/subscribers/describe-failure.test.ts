import assert from 'node:assert/strict';
import { test } from 'node:test';

import { describeFailure } from './describe-failure.ts';

const secret = 'card 4711-0815 of bob@example.com declined';

test('what goes into the log of a failure is its class and code, and only where they can be nothing else', () => {
  const failure = Object.assign(new TypeError(secret), { code: 'E_DECLINED' });
  assert.deepEqual(describeFailure(failure).open, { type: 'TypeError', code: 'E_DECLINED' });
  const telling = Object.assign(new Error(secret), { name: secret, code: secret });
  assert.deepEqual(describeFailure(telling).open, { type: '_OTHER' });
  assert.equal(describeFailure(telling).full.message, secret);
});

test('whatever was thrown is described', () => {
  const getter = new Error('x');
  for (const name of ['message', 'name', 'stack', 'code'])
    Object.defineProperty(getter, name, {
      get() {
        throw new Error('no');
      },
    });
  const odd = Object.assign(new Error('x'), { message: 7, name: { a: 1 }, stack: ['no'] });
  for (const thrown of [Object.create(null), odd, getter, null, undefined, Symbol('s'), 1n, () => 1]) {
    const { full, open } = describeFailure(thrown);
    assert.deepEqual([typeof full.type, typeof full.message, typeof open.type], ['string', 'string', 'string']);
    assert.ok(full.stack === null || typeof full.stack === 'string');
  }
});
