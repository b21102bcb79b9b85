import { existsSync, writeFileSync } from 'node:fs';

import { defineSubscriber } from '../../../src/index.ts';

/** Keeps its thread for itself until a file is there; says so by another. */
export default ({ until, entered = null }: { until: string; entered?: string | null }) =>
  defineSubscriber({
    name: 'blocking',
    startFrom: 'beginning',
    lagLimit: 20,
    state: { initial: () => 0 },
    on: {
      'task.completed': (_event, context) => {
        if (entered !== null) writeFileSync(entered, '');
        const memory = new Int32Array(new SharedArrayBuffer(4));
        while (!existsSync(until)) Atomics.wait(memory, 0, 0, 5);
        context.state += 1;
      },
    },
  });
