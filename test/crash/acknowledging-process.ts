// Runs one task and says so by a bare write(2), so that a trace of system calls shows what came before.
import { writeSync } from 'node:fs';

import { createTasker, defineTask } from '../../src/index.ts';

const [file = ''] = process.argv.slice(2);
const task = defineTask({
  name: 'two',
  step_templates: [
    {
      name: 'first',
      handler: () => {
        writeSync(1, 'MARK handler first\n');
      },
    },
    {
      name: 'second',
      depends_on_step: 'first',
      handler: () => {
        writeSync(1, 'MARK handler second\n');
      },
    },
  ],
});
const tasker = await createTasker({ storage: { kind: 'sqlite', file }, tasks: [task] }, { env: {} });
await tasker.start();
writeSync(1, 'MARK running\n');
const handle = await tasker.run({ name: 'two', context: {} });
writeSync(1, 'MARK accepted\n');
await handle.wait();
writeSync(1, 'MARK ended\n');
await tasker.stop();
