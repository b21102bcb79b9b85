import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { PublishedEvent } from '../events/envelope.ts';
import { Bus } from './bus.ts';
import { EventStream } from './event-stream.ts';
import { RingBuffer } from './ring-buffer.ts';

function eventNamed(name: string): PublishedEvent {
  // Custom events will be published too: the bus looks at nothing but the name.
  return { name } as unknown as PublishedEvent;
}

function silentBus(): Bus {
  return new Bus(() => undefined);
}

describe('Bus', () => {
  test('wants what somebody listens to, and nothing else', () => {
    const bus = silentBus();
    assert.ok(bus.idle && !bus.wants('step.completed'));
    const stop = bus.listen('tasker.step.*', { name: 'one', hear: () => undefined });
    assert.ok(!bus.idle && bus.wants('step.completed') && bus.wants('step.made_up') && !bus.wants('task.completed'));
    stop();
    assert.ok(bus.idle && !bus.wants('step.completed'));
  });

  test('a listener that joins while an event is told hears only what comes after', () => {
    const bus = silentBus();
    const heard: string[] = [];
    const stop = bus.listen('*', {
      name: 'first',
      hear: ({ name }) => {
        heard.push(`first ${name}`);
        stop();
        bus.listen('*', { name: 'second', hear: (event) => heard.push(`second ${event.name}`) });
      },
    });
    bus.publish(eventNamed('one'));
    bus.publish(eventNamed('two'));
    assert.deepEqual(heard, ['first one', 'second two']);
  });

  test('a warning that cannot be told does not come back to the publisher', () => {
    const bus = new Bus(() => {
      throw new Error('nobody to tell');
    });
    bus.listen('*', {
      name: 'clumsy',
      hear: () => {
        throw new Error('fell over');
      },
    });
    bus.publish(eventNamed('one'));
    assert.equal(bus.failures, 1);
  });

  test('closing takes everybody off, and tells each of them once', () => {
    const bus = silentBus();
    let left = 0;
    const stop = bus.listen('*', { name: 'one', hear: () => undefined, left: () => (left += 1) });
    bus.close();
    stop();
    assert.deepEqual([left, bus.idle], [1, true]);
  });
});

describe('EventStream', () => {
  test('readers that wait get events in the order in which they asked', async () => {
    const stream = new EventStream(2, () => () => undefined);
    const reading = [stream.next(), stream.next()];
    for (const name of ['one', 'two', 'three']) stream.push(eventNamed(name));
    const read = await Promise.all([...reading, stream.next()]);
    assert.deepEqual(
      read.map(({ value }) => value?.name),
      ['one', 'two', 'three'],
    );
    assert.equal(stream.dropped, 0);
  });

  test('what was heard before the end can still be read after it', async () => {
    const stream = new EventStream(2, () => () => undefined);
    stream.push(eventNamed('one'));
    stream.end();
    stream.push(eventNamed('too late'));
    assert.equal((await stream.next()).value?.name, 'one');
    assert.equal((await stream.next()).done, true);
  });

  test('leaving, also by the end of a `using` block, stops the listening', async () => {
    let stopped = 0;
    {
      await using stream = new EventStream(2, () => () => (stopped += 1));
      stream.push(eventNamed('one'));
    }
    assert.equal(stopped, 1);
  });
});

test('a ring buffer keeps the newest in order and counts the rest', () => {
  const buffer = new RingBuffer<number>(3);
  for (const number of [1, 2, 3, 4, 5]) buffer.push(number);
  assert.deepEqual([buffer.shift(), buffer.dropped], [3, 2]);
  buffer.push(6);
  buffer.push(7);
  assert.deepEqual([buffer.shift(), buffer.shift(), buffer.shift(), buffer.shift()], [5, 6, 7, undefined]);
  assert.equal(buffer.dropped, 3);
  buffer.push(8);
  buffer.clear();
  assert.deepEqual([buffer.shift(), buffer.dropped], [undefined, 3]);
});
