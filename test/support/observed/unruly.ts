import { existsSync, writeFileSync } from 'node:fs';

import { defineSubscriber } from '../../../src/index.ts';

/** At its first event it does what it should not, once: `how` says what. */
export default ({ how, mark }: { how: 'exit' | 'throw-late'; mark: string }) =>
  defineSubscriber({
    name: 'unruly',
    startFrom: 'beginning',
    state: { initial: () => 0 },
    on: {
      'task.completed': async (_event, context) => {
        if (!existsSync(mark)) {
          writeFileSync(mark, '');
          if (how === 'exit') process.exit(3);
          setImmediate(() => {
            throw new Error('nobody awaits this');
          });
          await new Promise((resolve) => setImmediate(resolve));
        }
        context.state += 1;
      },
    },
  });
