import { defineSubscriber } from '../../../src/index.ts';

/** Ends its thread at the task of this correlation id; beside it, one that counts. */
export default ({ at }: { at: string }) => [
  defineSubscriber({
    name: 'fatal',
    startFrom: 'beginning',
    retries: { limit: 1 },
    state: { initial: () => 0 },
    on: {
      'task.completed': (event, context) => {
        if (event.correlationId === at) process.exit(3);
        context.state += 1;
      },
    },
  }),
  defineSubscriber({
    name: 'beside',
    startFrom: 'beginning',
    state: { initial: () => 0 },
    on: { 'task.completed': (_event, context) => void (context.state += 1) },
  }),
];
