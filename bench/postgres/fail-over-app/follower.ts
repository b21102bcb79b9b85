// A durable subscriber in a thread of its own, as all that come with the package are.
import { defineSubscriber } from '../../../src/index.ts';
import { tell } from './tell.ts';

export default defineSubscriber({
  name: 'follower_in_thread',
  on: { 'step.completed': () => tell({ kind: 'handled', on: 'thread' }) },
});
