import { isMainThread } from 'node:worker_threads';

import { defineSubscriber } from '../../../src/index.ts';

// As on a machine that is too busy to load it.
if (!isMainThread) await new Promise(() => setInterval(() => undefined, 1000));

export default defineSubscriber({ name: 'slow-to-load', on: { 'task.completed': () => undefined } });
