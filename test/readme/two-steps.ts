import { createTasker, defineConfig, defineTask } from '../../src/index.ts';

const greet = defineTask<{ name: string }>({
  name: 'greet',
  step_templates: (task) =>
    task.step({ name: 'compose', handler: ({ context }) => ({ text: `Hello, ${context.name}!` }) }).step({
      name: 'deliver',
      depends_on_step: 'compose',
      default_retry_limit: 5,
      handler_config: { timeout_seconds: 10, retry_backoff: 'exponential', results: ['characters'] },
      handler: ({ results }) => ({ characters: results.compose.text.length }),
    }),
});

const tasker = await createTasker(defineConfig({ tasks: [greet] }));
await tasker.start();
const handle = await tasker.run({ name: 'greet', context: { name: 'Ada' } });
const task = await handle.wait();
console.log(
  task.status,
  task.steps.map((step) => `${step.name}: ${step.status}`),
);

const { events } = await tasker.events({ taskId: task.id });
for (const event of events) console.log(event.name, event.step ?? '');
await tasker.stop();
