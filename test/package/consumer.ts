// What a user writes after `npm install`: pack.test.ts puts it, importing 'tasker', into an empty project, has the
// compiler check it there, and runs it.
import { createTasker, defineConfig, defineTask } from '../../src/index.ts';

interface Order {
  readonly amount: number;
}

interface OrderResults {
  readonly charge: { readonly charged: number };
}

const order = defineTask<Order, OrderResults>({
  name: 'order',
  version: '1.0.0',
  schema: { type: 'object', required: ['amount'], properties: { amount: { type: 'integer' } } },
  step_templates: [
    { name: 'charge', handler: ({ context }) => ({ charged: context.amount }) },
    { name: 'mail', depends_on_step: 'charge', handler: ({ results }) => ({ told: results.charge.charged + 1 }) },
  ],
});

const tasker = await createTasker(defineConfig({ storage: { kind: 'sqlite', file: 'orders.db' }, tasks: [order] }));
await tasker.start();
const handle = await tasker.run({ name: 'order', context: { amount: 41 } });
const task = await handle.wait();
const { events } = await tasker.events({ taskId: handle.id });
await tasker.stop();

console.log(
  JSON.stringify({
    status: task.status,
    results: Object.fromEntries(task.steps.map((step) => [step.name, step.results])),
    last: events.at(-1)?.name,
  }),
);
