import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FakeClock, rest } from '../testing/fake-clock.ts';
import { DueTasks } from './due-tasks.ts';

function dueTasks(room: () => number) {
  const asked: string[] = [];
  let tell: () => void = () => assert.fail('nobody listens');
  const ask = <T>(what: string, answer: T): Promise<T> => {
    asked.push(what);
    return Promise.resolve(answer);
  };
  const due = new DueTasks({
    queue: {
      takeDue: () => ask('takeDue', []),
      takeOverdue: () => ask('takeOverdue', []),
      takeOne: () => assert.fail('none is taken by its id'),
      nextAt: () => ask('nextAt', null),
      watch: (onNews) => {
        tell = onNews;
        return () => undefined;
      },
    },
    namespaces: null,
    clock: new FakeClock(),
    room,
    before: () => Promise.resolve(),
    takeUp: () => assert.fail('there is nothing to take up'),
    onProblem: (error) => assert.fail(String(error)),
  });
  return { due, asked, tell: () => tell() };
}

test('whoever has room looks at once when others have made work due', async () => {
  const { due, asked, tell } = dueTasks(() => 1);
  due.start();
  await rest();
  asked.length = 0;
  tell();
  await rest();
  assert.deepEqual(asked, ['takeDue', 'takeOverdue', 'nextAt']);
});

test('whoever runs no tasks asks nothing of the store then', async () => {
  const { due, asked, tell } = dueTasks(() => 0);
  due.start();
  await rest();
  asked.length = 0;
  for (let count = 0; count < 100; count += 1) tell();
  await rest();
  assert.deepEqual(asked, []);
});

test('whoever is full then looks as soon as there is room', async () => {
  let room = 1;
  const { due, asked, tell } = dueTasks(() => room);
  due.start();
  await rest();
  room = 0;
  tell();
  await rest();
  asked.length = 0;
  room = 1;
  due.released('t1', null);
  await rest();
  assert.equal(asked[0], 'takeDue');
});
