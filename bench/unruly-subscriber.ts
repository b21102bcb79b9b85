// What subscribers should not do, by name: loaded by its module, so that each has a thread of its own.
import { defineSubscriber } from '../src/index.ts';

export const hows = ['throws', 'never settles', 'blocks for a second', 'is 100,000 behind'] as const;
export type How = (typeof hows)[number];

export default ({ how }: { how: How }) =>
  defineSubscriber({
    name: how.replaceAll(/[ ,]+/g, '-'),
    startFrom: how === 'is 100,000 behind' ? 'beginning' : 'now',
    retries: { limit: 0 },
    timeoutMs: 500,
    state: { initial: () => 0 },
    on: {
      'task.completed': (_event, context) => {
        if (how === 'throws') throw new Error('no');
        if (how === 'never settles') return new Promise(() => undefined);
        if (how === 'blocks for a second') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
        context.state += 1;
        return undefined;
      },
    },
  });
