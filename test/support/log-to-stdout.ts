// An engine with a database of its own that logs to standard output, runs some tasks and stops.
import { createTasker, defineTask } from '../../src/index.ts';

const hello = defineTask({ name: 'hello', step_templates: [{ name: 'greet', handler: () => ({}) }] });

const tasker = await createTasker({
  storage: { kind: 'sqlite', file: process.argv[2] ?? '' },
  tasks: [hello],
  telemetry: { logging: { enabled: true, level: 'debug' } },
});
await tasker.start();
for (let number = 0; number < 20; number += 1) await (await tasker.run({ name: 'hello', context: {} })).wait();
process.stderr.write('all done\n');
await tasker.stop();
