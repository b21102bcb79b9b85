import { defineSubscriber } from '../../../src/index.ts';

/** Counts completed tasks in its state. */
export default ({ name = 'counting' }: { name?: string }) =>
  defineSubscriber({
    name,
    startFrom: 'beginning',
    state: { initial: () => ({ count: 0 }) },
    on: {
      'task.completed': (_event, context) => {
        context.state = { count: context.state.count + 1 };
      },
    },
  });
