import { existsSync } from 'node:fs';

import { defineSubscriber } from '../../../src/index.ts';

/** Keeps its thread for itself until a file is there. */
export default ({ until }: { until: string }) => {
  let count = 0;
  return defineSubscriber({
    name: 'blocking',
    startFrom: 'beginning',
    lagLimit: 20,
    state: { initial: () => 0 },
    on: {
      'task.completed': (_event, context) => {
        count += 1;
        const memory = new Int32Array(new SharedArrayBuffer(4));
        while (!existsSync(until)) Atomics.wait(memory, 0, 0, 5);
        context.state = count;
      },
    },
  });
};
