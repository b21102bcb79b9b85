import assert from 'node:assert/strict';
import { test } from 'node:test';

import { incidentOf } from '../../../test/support/incident.ts';
import { delivered, type Delivery } from '../../signals/delivery.ts';
import { Outbox, type OutboxOptions, type Sent } from './outbox.ts';

const refused: Delivery = { kind: 'rejected', reason: 'answered 400' };
const notReached: Delivery = { kind: 'retryable', reason: 'connection refused', taken: false };

function outbox(options: Partial<OutboxOptions> = {}) {
  const box = Outbox.create(1000, { mine: () => true, repeatMs: null, ...options });
  const fires = (key: string, silenced = false, isNew = true): void => box.fires(incidentOf(key), { silenced, isNew });
  const next = (atMs = 2000): Sent | null => box.send(atMs);
  const settle = (sent: Sent | null, outcome: Delivery = delivered, atMs = 2000): string => {
    if (sent === null) return 'nothing';
    box.settled({ id: sent.id, outcome, atMs });
    const { notice } = sent;
    return notice.kind === 'summary'
      ? `summary of ${notice.missed.map(({ key }) => key).join(',')}${notice.more === undefined ? '' : ` and ${notice.more} more`}`
      : `${notice.kind} ${notice.incident.key}`;
  };
  const told = (atMs?: number): string => settle(next(atMs), delivered, atMs);
  return { box, fires, next, settle, told };
}

test('incidents are told of in the order in which they began to wait, and an acknowledgement after its trigger', () => {
  const { box, fires, told } = outbox();
  fires('a');
  fires('b');
  box.acknowledged('a');
  assert.deepEqual([told(), told(), told(), told()], ['trigger a', 'trigger b', 'acknowledge a', 'nothing']);
});

test('what changed several times while it waited is said once, as it stands', () => {
  const { box, fires, next, settle } = outbox();
  fires('a');
  box.fires(incidentOf('a', 'worse'), { silenced: false, isNew: false });
  const sent = next();
  assert.ok(sent?.notice.kind === 'trigger' && sent.notice.incident.summary === 'worse');
  box.fires(incidentOf('a', 'worst'), { silenced: false, isNew: false });
  settle(sent);
  const update = next();
  assert.ok(update?.notice.kind === 'update' && update.notice.incident.summary === 'worst');
});

test('what a receiver refuses is said no more until it changes, and holds up nobody', () => {
  const { box, fires, next, settle, told } = outbox();
  fires('a');
  fires('b');
  settle(next(), refused);
  assert.deepEqual([told(), told()], ['trigger b', 'nothing']);
  fires('a', false, false);
  assert.equal(told(), 'trigger a');
  box.ended(incidentOf('a'), 3000);
  assert.equal(told(), 'resolve a');
});

test('what was never taken pages nobody once it is over; what comes meanwhile is in the next summary', () => {
  const { box, fires, next, settle, told } = outbox();
  fires('a');
  settle(next(), notReached);
  box.ended(incidentOf('a'), 3000);
  const summary = next();
  fires('b');
  box.ended(incidentOf('b'), 3000);
  assert.equal(settle(summary), 'summary of a');
  assert.deepEqual([told(), told()], ['summary of b', 'nothing']);
});

test('what may have been taken is ended there too', () => {
  const { box, fires, next, settle, told } = outbox();
  fires('a');
  settle(next(), { kind: 'retryable', reason: 'no answer' });
  box.ended(incidentOf('a'), 3000);
  assert.deepEqual([told(), told(), told()], ['resolve a', 'summary of a', 'nothing']);
});

test('it holds so many incidents, and counts those beyond', () => {
  const { fires, told } = outbox({ most: 2 });
  for (const key of ['a', 'b', 'c', 'd']) fires(key);
  assert.deepEqual([told(), told(), told(), told()], ['trigger a', 'trigger b', 'summary of  and 2 more', 'nothing']);
});

test('what had ended before there was this receiver is none of its business; what is open is', () => {
  const { box, fires, told } = outbox();
  fires('a');
  box.ended(incidentOf('a'), 900);
  fires('b');
  assert.deepEqual([told(), told()], ['trigger b', 'nothing']);
});

test('one that fails again and again makes room for the others after a while', () => {
  const { fires, next, settle, told } = outbox();
  fires('poison');
  fires('b');
  for (let n = 0; n < 5; n += 1)
    assert.equal(settle(next(), { kind: 'retryable', reason: 'answered 500' }), 'trigger poison');
  assert.equal(told(), 'trigger b');
});

test('while it is silenced it is said again as it was told, and its end is told', () => {
  const { box, fires, next, settle, told } = outbox({ repeatMs: 1000 });
  fires('a');
  told(2000);
  box.fires(incidentOf('a', 'worse'), { silenced: true, isNew: false });
  const repeat = next(3000);
  assert.ok(repeat?.notice.kind === 'repeat' && repeat.notice.incident.summary === 'a');
  settle(repeat, delivered, 3000);
  box.ended(incidentOf('a'), 3500);
  assert.equal(told(3500), 'resolve a');
  assert.equal(told(4500), 'resolve a');
  box.tidy(303_500);
  assert.equal(told(400_000), 'nothing');
});

test('an end is said again to a receiver that forgets, but not while the same place is in trouble again', () => {
  const { box, fires, told } = outbox({ repeatMs: 1000 });
  fires('before');
  assert.equal(told(2000), 'trigger before');
  box.ended(incidentOf('before'), 2500);
  assert.deepEqual([told(3000), told(3500), told(4000)], ['resolve before', 'nothing', 'resolve before']);
  fires('again');
  assert.deepEqual([told(4500), told(5100), told(5500)], ['trigger again', 'nothing', 'repeat again']);
  box.ended(incidentOf('again'), 5600);
  assert.deepEqual([told(5700), told(6200)], ['resolve again', 'resolve before']);
});
