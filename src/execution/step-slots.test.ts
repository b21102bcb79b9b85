import assert from 'node:assert/strict';
import { test } from 'node:test';

import { StepSlots } from './step-slots.ts';

const microtasks = () => new Promise((resolve) => setImmediate(resolve));

test('a freed slot goes to whoever has waited longest', async () => {
  const slots = new StepSlots({ perProcess: 1, maxAbandoned: 0 });
  const told: string[] = [];
  assert.ok(slots.tryTake(() => undefined, 0));
  for (const name of ['first', 'second']) {
    assert.ok(!slots.tryTake(() => void (slots.tryTake(() => undefined, 0) && told.push(name)), 0));
  }
  slots.release();
  await microtasks();
  assert.deepEqual(told, ['first']);
});

test('of those who wait the highest priority is told first, whenever it came', async () => {
  const slots = new StepSlots({ perProcess: 2, maxAbandoned: 0 });
  const told: string[] = [];
  slots.tryTake(() => undefined, 0);
  slots.tryTake(() => undefined, 0);
  const wait = (name: string, priority: number): void => {
    slots.tryTake(() => void (slots.tryTake(() => undefined, priority) && told.push(name)), priority);
  };
  wait('low', -1);
  wait('first of two', 5);
  wait('default', 0);
  wait('second of two', 5);
  for (let freed = 0; freed < 4; freed += 1) {
    slots.release();
    await microtasks();
  }
  assert.deepEqual(told, ['first of two', 'second of two', 'default', 'low']);
});

test('one who no longer wants the slot does not keep it from the next', async () => {
  const slots = new StepSlots({ perProcess: 1, maxAbandoned: 0 });
  const told: string[] = [];
  slots.tryTake(() => undefined, 0);
  slots.tryTake(() => void told.push('was cancelled meanwhile'), 0);
  slots.tryTake(() => void (slots.tryTake(() => undefined, 0) && told.push('took it')), 0);
  slots.release();
  await microtasks();
  assert.deepEqual(told, ['was cancelled meanwhile', 'took it']);
});

test('abandoned handlers give their slots back up to the cap, and keep them beyond it until they settle', () => {
  const slots = new StepSlots({ perProcess: 3, maxAbandoned: 1 });
  for (let index = 0; index < 3; index += 1) slots.tryTake(() => undefined, 0);
  const firstSettled = slots.abandon();
  assert.deepEqual([slots.taken, slots.abandoned], [2, 1]);
  const secondSettled = slots.abandon();
  assert.deepEqual([slots.taken, slots.abandoned], [2, 2], 'the second keeps its slot');
  secondSettled();
  assert.deepEqual([slots.taken, slots.abandoned], [1, 1]);
  firstSettled();
  assert.deepEqual([slots.taken, slots.abandoned], [1, 0]);
});

test('a namespace and a system keep to their own limits, and hold up nobody else', async () => {
  const slots = new StepSlots({
    perProcess: 10,
    maxAbandoned: 0,
    perNamespace: { reports: 2 },
    perDependentSystem: { bank: 1 },
  });
  const told: string[] = [];
  const wait = (name: string, namespace: string, system: string): boolean => {
    const shares = slots.sharesOf(namespace, system);
    return slots.tryTake(() => void (slots.tryTake(() => undefined, 0, shares) && told.push(name)), 0, shares);
  };
  assert.ok(wait('one', 'reports', 'bank'));
  assert.ok(!wait('its system is taken', 'shop', 'bank'));
  assert.ok(wait('another system', 'reports', 'mail'));
  assert.ok(!wait('its namespace is full', 'reports', 'mail'));
  assert.ok(wait('neither', 'shop', 'mail'));
  assert.equal(slots.waiting, 2);
  slots.release(slots.sharesOf('shop', 'mail'));
  await microtasks();
  assert.deepEqual(told, [], 'what was given back was of neither');
  slots.release(slots.sharesOf('reports', 'bank'));
  await microtasks();
  assert.deepEqual(new Set<string>(told), new Set(['its namespace is full', 'its system is taken']));
});

test('one who finds his share full is not told again and again', async () => {
  const slots = new StepSlots({ perProcess: 2, maxAbandoned: 0, perDependentSystem: { bank: 1 } });
  const bank = slots.sharesOf('shop', 'bank');
  let tries = 0;
  const again = (): void => {
    tries += 1;
    slots.tryTake(again, 0, bank);
  };
  slots.tryTake(() => undefined, 0, bank);
  slots.tryTake(() => undefined, 0);
  again();
  slots.release();
  await microtasks();
  assert.equal(slots.waiting, 1);
  assert.ok(tries <= 2, `${tries} tries`);
});
