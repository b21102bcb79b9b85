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

test('one of higher priority who waits for the process goes before one who waits for a system', async () => {
  const slots = new StepSlots({ perProcess: 2, maxAbandoned: 0, perDependentSystem: { bank: 1 } });
  const told: string[] = [];
  const wait = (name: string, priority: number, shares = slots.sharesOf('shop', 'mail')): void => {
    const take = (): void => void (slots.tryTake(take, priority, shares) && told.push(name));
    take();
  };
  const bank = slots.sharesOf('shop', 'bank');
  wait('of the bank', 0, bank);
  wait('waits for the bank', 0, bank);
  wait('fills the process', 0);
  wait('urgent', 5);
  slots.release(bank);
  await microtasks();
  assert.deepEqual(told.slice(2), ['urgent']);
  slots.release();
  await microtasks();
  assert.deepEqual(told.slice(3), ['waits for the bank']);
});

test('of many who wait for a system only those are told for whom it has room', async () => {
  const slots = new StepSlots({ perProcess: 10, maxAbandoned: 0, perDependentSystem: { bank: 1 } });
  const bank = slots.sharesOf('shop', 'bank');
  let tries = 0;
  for (let task = 0; task < 100; task += 1) {
    const take = (): void => {
      tries += 1;
      slots.tryTake(take, 0, bank);
    };
    take();
  }
  slots.release(bank);
  await microtasks();
  assert.equal(tries, 101);
});

test('what a busy process leaves of a system is offered when there is room again', async () => {
  const slots = new StepSlots({ perProcess: 2, maxAbandoned: 0, perDependentSystem: { bank: 1 } });
  const bank = slots.sharesOf('shop', 'bank');
  const told: string[] = [];
  const wait = (name: string, shares = slots.sharesOf('shop', 'mail')): void => {
    const take = (): void => void (slots.tryTake(take, 0, shares) && told.push(name));
    take();
  };
  wait('of the bank', bank);
  wait('fills the process');
  wait('waits for the process');
  slots.release();
  await microtasks();
  wait('waits for the process again');
  wait('waits for the process too', bank);
  slots.release(bank);
  await microtasks();
  slots.release();
  await microtasks();
  assert.deepEqual(told.slice(2), [
    'waits for the process',
    'waits for the process again',
    'waits for the process too',
  ]);
});

test('at random no limit is passed, and everybody is served in the end', async () => {
  let state = 7;
  const random = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  const systems = ['bank', 'mail', 'none'];
  const limits = { perProcess: 4, bank: 1, mail: 2 } as const;
  const slots = new StepSlots({ perProcess: 4, maxAbandoned: 0, perDependentSystem: { bank: 1, mail: 2 } });
  const running: { readonly system: string }[] = [];
  let served = 0;
  for (let task = 0; task < 300; task += 1) {
    const system = systems[random(3)] ?? 'none';
    const priority = random(3);
    const take = (): void => {
      if (!slots.tryTake(take, priority, slots.sharesOf('shop', system))) return;
      served += 1;
      running.push({ system });
      assert.ok(running.length <= limits.perProcess);
      for (const one of ['bank', 'mail'] as const)
        assert.ok(running.filter((each) => each.system === one).length <= limits[one]);
    };
    take();
    if (random(2) === 0) await microtasks();
    const [ended] = running.splice(random(running.length), random(3) === 0 ? 1 : 0);
    if (ended !== undefined) slots.release(slots.sharesOf('shop', ended.system));
  }
  while (running.length > 0) {
    const [ended] = running.splice(random(running.length), 1);
    slots.release(slots.sharesOf('shop', ended?.system ?? ''));
    await microtasks();
  }
  assert.equal(served, 300);
  assert.equal(slots.waiting, 0);
});
