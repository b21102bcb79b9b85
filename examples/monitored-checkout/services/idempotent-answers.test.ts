import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IdempotentAnswers } from './idempotent-answers.ts';
import type { Answer } from './service.ts';

const created: Answer = { status: 201, body: { id: 'first' } };
const never = (): Promise<Answer> => assert.fail('a second effect was made');

describe('idempotent answers', () => {
  it('give a key that was answered its first answer', async () => {
    const answers = new IdempotentAnswers();
    assert.deepEqual(await answers.answer('a', 'body', async () => created), { kind: 'first', answer: created });
    assert.deepEqual(await answers.answer('a', 'body', never), { kind: 'duplicate', answer: created });
  });

  it('let a duplicate wait for an answer that is on its way', async () => {
    const answers = new IdempotentAnswers();
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const order: string[] = [];
    const first = answers.answer('a', 'body', () => promise).then((outcome) => order.push(outcome.kind));
    const second = answers.answer('a', 'body', never).then((outcome) => order.push(outcome.kind));
    await answers.answer('b', 'body', async () => created);
    assert.deepEqual(order, []);
    resolve(created);
    await Promise.all([first, second]);
    assert.deepEqual(order, ['first', 'duplicate']);
  });

  it('refuse a key that comes back with another request', async () => {
    const answers = new IdempotentAnswers();
    await answers.answer('a', 'body', async () => created);
    assert.deepEqual(await answers.answer('a', 'other body', never), { kind: 'reused' });
  });

  it('forget a key whose answering threw, so that the next is the first again', async () => {
    const answers = new IdempotentAnswers();
    await assert.rejects(
      answers.answer('a', 'body', () => Promise.reject(new Error('power cut'))),
      /power cut/,
    );
    assert.equal((await answers.answer('a', 'body', async () => created)).kind, 'first');
  });
});
