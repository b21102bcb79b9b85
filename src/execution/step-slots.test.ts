import assert from 'node:assert/strict';
import { test } from 'node:test';

import { StepSlots } from './step-slots.ts';

const microtasks = () => new Promise((resolve) => setImmediate(resolve));

test('a freed slot goes to whoever has waited longest', async () => {
  const slots = new StepSlots(1, 0);
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
  const slots = new StepSlots(2, 0);
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
  const slots = new StepSlots(1, 0);
  const told: string[] = [];
  slots.tryTake(() => undefined, 0);
  slots.tryTake(() => void told.push('was cancelled meanwhile'), 0);
  slots.tryTake(() => void (slots.tryTake(() => undefined, 0) && told.push('took it')), 0);
  slots.release();
  await microtasks();
  assert.deepEqual(told, ['was cancelled meanwhile', 'took it']);
});

test('abandoned handlers give their slots back up to the cap, and keep them beyond it until they settle', () => {
  const slots = new StepSlots(3, 1);
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
