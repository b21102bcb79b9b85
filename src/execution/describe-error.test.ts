import assert from 'node:assert/strict';
import { test } from 'node:test';

import { longestWaitMs, PermanentError, PublicError, RetryableError } from '../tasks/handler-errors.ts';
import { describeError } from './describe-error.ts';

test('of an error only type, code and status are told', () => {
  const told = describeError(Object.assign(new TypeError('secret'), { code: 'E_DECLINED', status: 402 })).public;
  assert.deepEqual(told, { type: 'TypeError', code: 'E_DECLINED', status: 402 });
});

test("a cause is never told, but for an error's own code", () => {
  for (const cause of [4111111111111111, 'ada.lovelace.secret', { code: 'secret' }, new Error('secret')]) {
    assert.deepEqual(describeError(new Error('declined', { cause })).public, { type: 'Error' });
  }
  const refused = Object.assign(new Error('secret'), { code: 'ECONNREFUSED' });
  assert.equal(describeError(new TypeError('fetch failed', { cause: refused })).public.code, 'ECONNREFUSED');
});

test('what could be an account or a sentence is no code and no type', () => {
  assert.equal(describeError(Object.assign(new Error('x'), { code: 4111111111111111 })).public.code, undefined);
  assert.equal(describeError(Object.assign(new Error('x'), { code: 'card 4111 declined' })).public.code, undefined);
  assert.equal(describeError(Object.assign(new Error('x'), { name: 'card 4111' })).public.type, '_OTHER');
  for (const account of ['4111111111111111', '4111-1111-1111-1111', 'Card_4111111111111111', 'c4.1.1.1.1.1']) {
    const told = describeError(Object.assign(new Error('x'), { name: account, code: account })).public;
    assert.deepEqual(told, { type: '_OTHER' });
  }
  for (const code of ['23505', 'P2002', 'ORA-00942', 'ERR_HTTP2_STREAM_ERROR', -4078])
    assert.equal(describeError(Object.assign(new Error('x'), { code })).public.code, String(code));
});

test('the message is told only where the handler made it public', () => {
  assert.equal(describeError(new PublicError('The card was declined.')).public.message, 'The card was declined.');
  assert.equal(describeError(new Error('secret')).private.message, 'secret');
});

test('an error that is merely called PublicError by another library is as private as any', () => {
  const foreign = Object.assign(new Error('mary@shop.example'), { name: 'PublicError', permanent: true });
  assert.deepEqual(describeError(foreign).public, { type: 'PublicError' });
  assert.equal(describeError(foreign).permanent, false);
});

test('a thrown object whose getters throw is described all the same', () => {
  const hostile = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error('no');
      },
    },
  );
  assert.deepEqual(describeError(hostile).public, { type: 'object' });
});

test('a permanent error stays one, whatever its message, name or stack have become', () => {
  for (const odd of [{ message: { text: 'x' } }, { message: null }, { stack: 7 }, { message: Object.create(null) }]) {
    const described = describeError(Object.assign(new PermanentError('no'), odd));
    assert.equal(described.permanent, true);
    assert.equal(typeof described.private.message, 'string');
    assert.equal(described.public.type, 'PermanentError');
  }
});

test('a wait is a year at most', () => {
  assert.equal(describeError(new RetryableError('later', { retryAfterMs: 1e17 })).retryAfterMs, longestWaitMs);
  assert.equal(describeError(new RetryableError('later', { retryAfterMs: 5 })).retryAfterMs, 5);
});
